"""The format of stack.yaml, and how an older one becomes the present one.

The spec holds no number of its format: the lock file of the project says for which one it was written. A step works on
the text, so that comments and order stay; ``midwatch.merge.settle`` has what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FORMAT = 1
Steps = Mapping[int, Callable[[bytes], bytes]]
STEPS: Steps = {}
"""Format -> what makes the next one of it. Empty: there is one format so far."""


def migrate(spec: bytes, since: int, steps: Steps = STEPS, to: int = FORMAT) -> bytes:
    """A spec of format ``since`` in the format ``to``."""
    for number in range(since, to):
        spec = steps[number](spec)
    return spec
