"""What is stored is redacted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.redaction import ATTRIBUTES, BODY, Step, steps
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack, Use, generated
from midwatch.listing import few


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is not None and not stack.spec.collector.pii.enabled:
        return
    for use in stack.uses(Kind.COLLECTOR):
        file = generated(stack, use.file.path)
        before = file.document if file else None
        document = use.file.document
        for name, pipeline in _storing(document):
            assert document
            signal = name.partition("/")[0]
            here = steps(document, signal, pipeline)
            flaws = list(_by_itself(use, document, name, here)) if signal == "logs" else []
            if not flaws and before:
                flaws = list(_compared(use, document, name, here, _steps_before(before, name)))
            yield from flaws


def _storing(document: Document | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The pipelines that send anything out; one that only feeds a connector hands it to another pipeline."""
    if document is None:
        return
    connectors = mapping(document.get("connectors"))
    for name, pipeline in mapping(document.get("service", "pipelines")).items():
        if any(exporter not in connectors for exporter in items(mapping(pipeline).get("exporters"))):
            yield str(name), mapping(pipeline)


def _steps_before(before: Document, name: str) -> list[Step]:
    """What the pipeline was generated to remove; a new one is held against the first that stores the same signal."""
    signal = name.partition("/")[0]
    alike = {known: pipeline for known, pipeline in _storing(before) if known.partition("/")[0] == signal}
    return steps(before, signal, alike.get(name) or next(iter(alike.values()), {}))


def _by_itself(use: Use, document: Document, name: str, here: Sequence[Step]) -> Iterator[Flaw]:
    """What holds for any stack: something is taken out of the text of a log line, and out of its attributes."""
    covered = frozenset[str]().union(*(step.targets for step in here))
    missing = [what for target, what in ((BODY, "the text"), (ATTRIBUTES, "the attributes")) if target not in covered]
    if missing:
        what = f"{missing[0]} of logs" if len(missing) == 1 else "logs"
        text = f"{use.service.name}: pipeline {name} stores {what} without removing personal data"
        yield Flaw(text, document.at("service", "pipelines", name, "processors"), use.service.name)


def _compared(use: Use, document: Document, name: str, here: Sequence[Step], before: Sequence[Step]) -> Iterator[Flaw]:
    """What the pipeline was generated to remove, and does not any more."""
    begin = f"{use.service.name}: pipeline {name}"
    left = Counter(step.kind for step in here)
    gone: dict[str, int] = {}
    for step in before:
        left[step.kind] -= 1
        if left[step.kind] < 0:
            gone[step.processor] = gone.get(step.processor, 0) + 1
    there = {step.processor for step in here}
    for processor, number in gone.items():
        of = sum(step.processor == processor for step in before)
        what = f"{number} of {of} steps of {processor}" if processor in there else processor
        place = ("processors", processor) if processor in there else ("service", "pipelines", name, "processors")
        text = f"{begin} stores personal data that {what} removed as generated"
        yield Flaw(text, document.at(*place), use.service.name)
    loose = sorted({step.processor for step in here if not step.strict} & {s.processor for s in before if s.strict})
    if loose:
        text = f"{begin} stores what {few(loose)} could not clean: error_mode is not propagate any more"
        yield Flaw(text, document.at("processors", loose[0], "error_mode"), use.service.name)
    kinds, texts = {step.kind for step in before}, {step.text for step in before}
    if not gone and (tuned := [step for step in here if step.kind in kinds and step.text not in texts]):
        what = f"{len(tuned)} pattern{'s' if len(tuned) > 1 else ''} of {tuned[0].processor}"
        text = f"{begin}: {what} changed by hand; what is missed now was not judged"
        yield Flaw(text, document.at("processors", tuned[0].processor), use.service.name, severity="warning")


RULE = Rule(
    id="pii-redaction",
    title="Every pipeline removes personal data",
    why=(
        "What is stored has to be found and deleted on request, and can be stolen. What was never stored cannot. A "
        "processor of the right name is not enough: of a pipeline of logs, statements or patterns have to clean the "
        "text and the attributes; of any pipeline that was generated, every one that was generated."
    ),
    fix=(
        "put a redaction or transform processor that cleans body and attributes into each pipeline of logs; "
        "'midwatch resolve FILE --theirs' brings back what was generated"
    ),
    blocker=Blocker.REDACTION,
    check=_check,
    good="processors: [memory_limiter, transform/pii, batch]",
    bad="processors: [memory_limiter, batch]",
)
