"""The components of the stack, tried with the real programs where this machine has them."""
