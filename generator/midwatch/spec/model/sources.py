"""Where images come from, and the files of the user's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from midwatch.spec.model.base import Digest, Model, Registry, RelativePath, Repository, Tag


class ImageOverride(Model):
    """Another image for one component."""

    repository: Repository | None = None
    """Whole repository, e.g. `registry.example.com/team/prometheus`."""
    tag: Tag | None = None
    """Another tag."""
    digest: Digest | None = None
    """Pin to this digest."""


class Images(Model):
    """Where images come from."""

    registry: Registry | None = None
    """Registry mirror: `registry.example.com/mirror` replaces `docker.io`, `ghcr.io` …"""
    overrides: dict[str, ImageOverride] = Field(default_factory=dict)
    """Changes by component name."""


class Extra(Model):
    """Files of the user's own, relative to the spec, that are merged into the generated ones."""

    compose: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Compose fragments: services, networks and volumes to add, or keys to change."""
    prometheus: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Prometheus fragments: more `scrape_configs`, `remote_write` and so on."""
    alertmanager: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Alertmanager fragments: more receivers and routes, or keys to change."""
    loki: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Loki fragments, such as other `limits_config`."""
    collector: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Fragments of the collector's configuration: more receivers, processors, exporters."""

    def named(self) -> tuple[tuple[str, int, str], ...]:
        """Every fragment: key, its number there, path."""
        keys = type(self).model_fields
        return tuple((key, number, path) for key in keys for number, path in enumerate(getattr(self, key)))
