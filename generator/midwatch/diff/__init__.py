"""What differs between two stacks, by meaning, and what each difference does to the stack's safety."""
