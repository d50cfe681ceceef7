"""What a component says of itself, in the language of the spec: ``component.<language>.yaml`` beside its description.

Only pages and messages are in that language; comments in generated files stay English, as the programs' own words do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from midwatch.errors import BlueprintError
from midwatch.plan.instances import filled
from midwatch.plan.model import Plan, Secret, Service, Volume
from midwatch.plan.yamlfile import read_yaml
from midwatch.render.language import ENGLISH
from midwatch.render.spoken import often


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VolumeWords(_Part):
    """What is in a volume, and how it is saved."""

    why: str
    backup: str


class Words(_Part):
    """What one component says of itself; ``memory`` is why it gets what it gets, ``secrets`` what each is for."""

    summary: str
    impact: str
    memory: str
    volumes: Mapping[str, VolumeWords] = Field(default_factory=dict)
    exceptions: Mapping[str, str] = Field(default_factory=dict)
    secrets: Mapping[str, str] = Field(default_factory=dict)
    one_way: str = ""
    """What going back to an older version may cost (`upgrade.one_way` of the component)."""


def in_words(plan: Plan, folder: Path, language: str) -> Plan:
    """The plan with its services' texts in a language; the numbers stay.

    Raises BlueprintError that names the file and what it lacks.
    """
    cron = plan.spec.backup.cron
    due = f"{'' if language == 'de' else 'by '}cron `{cron}`" if cron else often(plan.backups.gap, language)
    plan = replace(plan, backups=replace(plan.backups, shown=due))
    if language == ENGLISH:
        return plan
    paths = {service.name: folder / service.component / f"component.{language}.yaml" for service in plan.services}
    services = tuple(_service(service, paths[service.name]) for service in plan.services)
    return replace(
        plan,
        services=services,
        volumes=tuple(volume for service in services for volume in service.volumes),
        secrets=_secrets(plan.secrets, [read(path) for path in paths.values()], language),
    )


def _service(service: Service, path: Path) -> Service:
    words = filled(read(path), {"item": service.item}) if service.item else read(path)
    volumes = {volume.name for volume in service.volumes}
    if missing := volumes - set(words.volumes) | set(service.exceptions) - set(words.exceptions):
        raise BlueprintError(f"{path}: says nothing of {', '.join(sorted(missing))}")
    if service.upgrade.one_way and not words.one_way:
        raise BlueprintError(f"{path}: says nothing of one_way")
    return replace(
        service,
        summary=words.summary,
        impact=words.impact,
        memory_why=words.memory,
        volumes=tuple(_volume(volume, words.volumes[volume.name]) for volume in service.volumes),
        upgrade=replace(service.upgrade, one_way=words.one_way),
        exceptions={rule: words.exceptions[rule] for rule in service.exceptions},
    )


def _volume(volume: Volume, words: VolumeWords) -> Volume:
    return replace(volume, why=words.why, backup=words.backup)


def _secrets(secrets: Sequence[Secret], words: Sequence[Words], language: str) -> tuple[Secret, ...]:
    purposes = {name: purpose for one in words for name, purpose in one.secrets.items()}
    if missing := {secret.name for secret in secrets} - set(purposes):
        raise BlueprintError(f"no component.{language}.yaml says what it is for: {', '.join(sorted(missing))}")
    return tuple(replace(secret, purpose=purposes[secret.name]) for secret in secrets)


@cache
def read(path: Path) -> Words:
    """The words of one component. Raises BlueprintError that names the file, and the key."""
    if not path.is_file():
        raise BlueprintError(f"{path}: is missing: what the component says of itself in this language")
    try:
        return Words.model_validate(read_yaml(path))
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BlueprintError(f"{path}: {lines}") from error
