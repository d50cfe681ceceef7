"""Rehearsals on a running stack."""
