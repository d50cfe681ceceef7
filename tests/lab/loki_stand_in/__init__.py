"""Runs in a container of its own, in place of Loki, where there is no Loki."""
