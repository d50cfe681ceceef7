"""Writes a report as text rows, JSON, SARIF or JUnit: pure functions from a Report to a string."""
