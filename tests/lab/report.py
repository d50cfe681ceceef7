"""What a run of the lab tells its reader: which images were official, which were not, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.lab.images import Image


@dataclass
class Report:
    """Filled by fixtures and tests; printed at the end of the run."""

    engine: str = ""
    images: dict[str, Image] = field(default_factory=dict)
    """Service -> image of the stack."""
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def lines(self) -> Iterator[str]:
        if self.engine:
            yield self.engine
        width = max(map(len, self.images), default=0)
        for service, image in sorted(self.images.items()):
            yield f"{service:{width}}  {image.how:9} {image.reference}: {image.detail}"
        for service, image in self.images.items():
            if image.how == "missing":
                yield f"SKIPPED: {service} does not run: {image.detail}"
            elif image.how == "stand-in":
                yield f"SKIPPED: {service} itself: a stand-in takes its data; its metrics and answers are not tested"
        yield from self.notes


def seconds(times: dict[str, float]) -> str:
    """'prometheus 1.3 s, redis 0.2 s', the slowest first."""
    return ", ".join(f"{name} {value:.1f} s" for name, value in sorted(times.items(), key=lambda item: -item[1]))
