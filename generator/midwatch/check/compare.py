"""What one run of `check` finds and another does not, whatever lines and numbers have moved between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from midwatch.check.finding import Finding

Signature = tuple[str, str, str, str]


def signature(finding: Finding) -> Signature:
    """What makes it the same finding though lines and numbers have moved."""
    return finding.id, finding.file, finding.service, re.sub(r"[\d.]+", "0", finding.message)


def more(there: Iterable[Finding], here: Iterable[Finding]) -> list[Finding]:
    """The findings of ``there`` that ``here`` has not, in their order."""
    known = Counter(map(signature, here))
    result = []
    for finding in there:
        mark = signature(finding)
        known[mark] -= 1
        if known[mark] < 0:
            result.append(finding)
    return result
