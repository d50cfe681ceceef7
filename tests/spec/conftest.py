"""Settings of the property tests."""

from hypothesis import settings

# No deadline per example: a busy machine is not a mistake in the code.
settings.register_profile("midwatch", deadline=None)
settings.load_profile("midwatch")
