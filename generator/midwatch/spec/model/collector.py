"""The OpenTelemetry Collector: what it removes, where traces go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from midwatch.spec.model.base import Model, Name, Pattern, ReachableUrl


class PiiPattern(Model):
    """A pattern of the user's own that must not reach storage."""

    name: Name = Field(examples=["employee-number"])
    """Unique name; the hint that is left where something was removed."""
    pattern: Pattern = Field(examples=["EMP-[0-9]{6}"])
    """RE2 regular expression; each match is removed."""


class PiiRules(Model):
    """Which built-in rules run."""

    email: bool = True
    """E-mail addresses."""
    ip: bool = True
    """IPv4 and IPv6 addresses."""
    bearer_token: bool = True
    """Bearer tokens of HTTP requests."""
    api_key: bool = True
    """API keys."""
    session_id: bool = True
    """Session ids."""
    card: bool = True
    """Payment card numbers."""
    iban: bool = True
    """Bank account numbers (IBAN)."""


class Pii(Model):
    """Redaction of personal data and credentials, in attributes and in log bodies."""

    enabled: bool = True
    """Switch all redaction off; the readiness card says so."""
    rules: PiiRules = PiiRules()
    """Built-in rules, one switch each."""
    patterns: Annotated[tuple[PiiPattern, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Patterns of the user's own."""


class Traces(Model):
    """Where traces go. Without an endpoint they are counted and dropped."""

    endpoint: ReachableUrl | None = Field(default=None, examples=["https://tempo.example.com:4318"])
    """OTLP/HTTP endpoint, e.g. `https://tempo.example.com:4318`."""


class Collector(Model):
    """The OpenTelemetry Collector."""

    pii: Pii = Pii()
    """What is redacted."""
    traces: Traces = Traces()
    """Where traces go."""
