"""What a rule over a whole spec is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from midwatch.spec.model import Spec
from midwatch.spec.paths import Path


@dataclass(frozen=True, slots=True)
class Overridable:
    """What may be changed of an alert."""

    unit: str
    """Of its threshold; empty where it has none."""
    range: tuple[float, float] | None = None
    """Least and most that the threshold may be. None for a ratio: above 0 and at most 1."""
    required: bool = False
    """Whether it has to stay on."""


@dataclass(frozen=True, slots=True)
class Known:
    """Names that the catalogue knows. None: not known here, so nothing is said about them."""

    alerts: frozenset[str] | None = None
    components: frozenset[str] | None = None
    overridable: Mapping[str, Overridable] = field(default_factory=dict)
    """Alert name -> what may be changed of it."""
    hosts: frozenset[str] = frozenset()
    """What the stack's containers answer to on its networks."""
    volumes: frozenset[str] = frozenset()
    """Keys of the stack's volumes in compose.yaml."""
    networks: frozenset[str] = frozenset()
    """Keys of its networks there."""
    secrets: frozenset[str] = frozenset()
    """Files in ``secrets/`` whose name the spec does not choose."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``uses``: the other paths that the finding follows from; where one of them is wrong itself, the finding says
    nothing."""

    path: Path
    message: str
    hint: str = ""
    uses: tuple[Path, ...] = ()
    at_key: bool = False


Rule = Callable[[Spec, Known], Iterator[Finding]]
