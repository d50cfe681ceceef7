"""The nearest right word for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

# Comparing costs about the product of the lengths; no word of ours is longer than this.
_LONGEST = 64


@lru_cache(maxsize=1024)
def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    longer = [one for one in words if len(word) > 2 and one.lower().startswith(word.lower())]
    if len(longer) == 1:
        return longer[0]
    folded = {one.lower().replace("-", "_"): one for one in words}
    close = get_close_matches(word.lower().replace("-", "_"), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word of ``words`` that is closest to ``word``, or None when none is close. Case and ``-``/``_`` do not
    count."""
    return _nearest(word, tuple(words)) if len(word) <= _LONGEST else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``, did you mean 'memory'?``, or an empty string: made to be put at the end of a message."""
    close = nearest(word, words)
    return f", did you mean '{close}'?" if close else ""
