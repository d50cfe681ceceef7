"""Splits a resource of the host among the services.

Each request gets its minimum. What is left is poured in by weight, up to each maximum (water-filling: what one
cannot take goes to the others), so that a larger host makes everything larger and no limit is ever exceeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What one claimant asks for; amounts in the unit of the resource."""

    name: str
    minimum: float
    weight: float
    maximum: float


class TooSmallError(Exception):
    """The minimums alone exceed what there is. ``needed`` is their sum."""

    def __init__(self, needed: float, available: float) -> None:
        super().__init__(f"needs {needed}, has {available}")
        self.needed = needed
        self.available = available


def allocate(available: float, requests: Sequence[Request], step: float) -> dict[str, float]:
    """Amount per name, each a multiple of ``step`` (rounded down), their sum at most ``available``.

    Raises TooSmallError when the minimums do not fit.
    """
    needed = sum(request.minimum for request in requests)
    if needed > available + 1e-9:
        raise TooSmallError(needed, available)
    given = {request.name: request.minimum for request in requests}
    open_requests = [request for request in requests if request.weight > 0 and request.maximum > request.minimum]
    rest = available - needed
    while open_requests and rest > 1e-9:
        unit = rest / sum(request.weight for request in open_requests)
        full = [r for r in open_requests if given[r.name] + unit * r.weight >= r.maximum]
        if not full:
            for request in open_requests:
                given[request.name] += unit * request.weight
            break
        for request in full:
            rest -= request.maximum - given[request.name]
            given[request.name] = request.maximum
        open_requests = [request for request in open_requests if request not in full]
    return {name: _floor(amount, step) for name, amount in given.items()}


def _floor(amount: float, step: float) -> float:
    return round(int(amount / step + 1e-9) * step, 6)
