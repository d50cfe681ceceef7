"""Reads any Compose monitoring stack and proposes the spec that reproduces what it can."""
