"""Image pins with digests: asking registries, and writing stack.yaml."""
