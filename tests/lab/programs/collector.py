"""The OpenTelemetry Collector with the components that the stack's configuration uses, by the project's own builder.

The official contrib image has some 200 components more. That makes the lab stricter: a configuration that names a
component which is not in this list does not start here, and the list is then extended on purpose.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.lab.cache import remove_tree, run
from tests.lab.programs.golang import environment, go

VERSION = "0.149.0"
PROVIDERS = "1.55.0"
CORE = "go.opentelemetry.io/collector"
CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"

COMPONENTS: dict[str, tuple[str, ...]] = {
    "receivers": (
        f"{CORE}/receiver/otlpreceiver",
        f"{CONTRIB}/receiver/filelogreceiver",
    ),
    "processors": (
        f"{CORE}/processor/memorylimiterprocessor",
        f"{CORE}/processor/batchprocessor",
        f"{CONTRIB}/processor/transformprocessor",
        f"{CONTRIB}/processor/redactionprocessor",
        f"{CONTRIB}/processor/groupbyattrsprocessor",
    ),
    "exporters": (
        f"{CORE}/exporter/debugexporter",
        f"{CORE}/exporter/nopexporter",
        f"{CORE}/exporter/otlphttpexporter",
    ),
    "extensions": (
        f"{CONTRIB}/extension/healthcheckextension",
        f"{CONTRIB}/extension/storage/filestorage",
    ),
}
"""All served at this version. Contrib's `count` connector is not."""

VARIANT = sha256(repr(COMPONENTS).encode()).hexdigest()[:8]
"""Another list of components is another program in the cache."""


def manifest(output: Path) -> str:
    """What the builder reads."""
    lines = ["dist:", "  name: otelcol-contrib", f"  version: {VERSION}", f"  output_path: {output}"]
    for kind, modules in COMPONENTS.items():
        lines += [f"{kind}:", *(f"  - gomod: {module} v{VERSION}" for module in modules)]
    lines += ["providers:"]
    lines += [f"  - gomod: {CORE}/confmap/provider/{name}provider v{PROVIDERS}" for name in ("env", "file", "yaml")]
    return "\n".join(lines) + "\n"


def make(folder: Path) -> str:
    """Generate, compile and keep the program alone."""
    output = folder / "build"
    (folder / "builder.yaml").write_text(manifest(output))
    command: list[str | Path] = [go(), "run", f"{CORE}/cmd/builder@v{VERSION}", "--config", folder / "builder.yaml"]
    path = f"{go().parent}:/usr/local/bin:/usr/bin:/bin"
    run(command, what=f"building the collector {VERSION}", env={**environment(), "PATH": path}, timeout=3600)
    (output / "otelcol-contrib").rename(folder / "otelcol-contrib")
    remove_tree(output)
    return VERSION
