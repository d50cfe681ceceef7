"""Into the spec: hand edits of a generated stack, and stacks that midwatch did not make."""
