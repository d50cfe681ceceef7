"""One file per rule: its id, why it matters, how to fix it, and the test itself."""
