"""midwatch: a small spec in, a production-hardened Docker Compose monitoring stack out."""

__version__ = "0.1.0"
