"""Which component a service is made from, and whose service one of a similar name is."""

from __future__ import annotations

from pathlib import Path

from midwatch.check import run, stack
from midwatch.check.catalogue import serves
from midwatch.regenerate.write import write
from midwatch.render.project import load_project
from midwatch.spec.model import Spec

SPEC = """\
name: demo
alerting: {slack: {channel: "#alerts"}}
backup: {volumes: [{name: uploads}]}
extra: {compose: [mine.yaml]}
"""


def test_a_service_of_many_is_known_by_the_items_of_the_spec() -> None:
    spec = Spec.model_validate(
        {"name": "demo", "alerting": {"slack": {"channel": "#a"}}, "backup": {"volumes": [{"name": "uploads"}]}}
    )
    assert serves("loki", None) == "loki"
    assert serves("backup-uploads", spec) == "backup-volume"
    strangers = (("backup-uploads", None), ("backup-postgres", spec), ("grafana", spec))
    assert {serves(*one) for one in strangers} == {""}


def test_what_a_fragment_leaves_out_is_its_own_only_in_a_service_of_its_own(tmp_path: Path) -> None:
    """The generated sidecar lacks a line that the fragment never had; the other service is the fragment's alone."""
    (tmp_path / "stack.yaml").write_text(SPEC)
    (tmp_path / "mine.yaml").write_text(
        "services:\n  backup-uploads: {labels: {a: b}}\n  backup-postgres: {image: 'postgres:17.6'}\n"
    )
    project = load_project(tmp_path)
    write(tmp_path, project.render().tree, version="0", spec_sha256="0" * 64)
    compose = tmp_path / "compose.yaml"
    head, name, rest = compose.read_text().partition("\n  backup-uploads:\n")
    compose.write_text(head + name + rest.replace("    restart: unless-stopped\n", "", 1))
    found = run.run(stack.read(tmp_path, use_compose=False), judges=False, only=["restart-policy"]).findings
    assert {finding.service: finding.file for finding in found} == {
        "backup-uploads": "compose.yaml",
        "backup-postgres": "mine.yaml",
    }
