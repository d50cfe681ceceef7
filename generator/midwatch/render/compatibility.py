"""The page docs/reference/compatibility.md: what other versions of each component understand, with who says so."""

from __future__ import annotations

from midwatch.plan.catalogue import Catalogue, Image


def compatibility_page(catalogue: Catalogue) -> str:
    """Markdown; a row per known fact, by component."""
    rows = [
        f"| {name} {component.image.tag} | {known.what} | {known.says} | [source]({known.source}) |"
        for name, component in catalogue.components.items()
        if isinstance(component.image, Image)
        for known in component.upgrade.known
    ]
    return "\n".join(
        [
            "# What is compatible with what",
            "",
            "`ops upgrade` says before it begins what going back may cost; this is where it knows it from. A component",
            "that is not here keeps nothing that another version would have to read, and its pin is tested with the",
            "configuration that midwatch writes.",
            "",
            "| component, pinned at | what | how far | who says so |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
