"""The Jinja2 environment of the stack's blueprints.

Delimiters are ``[[ value ]]``, ``[% block %]`` and ``[# comment #]``, so that the ``{{ }}`` of Prometheus and
Alertmanager, and shell, stay as they are. An undefined name is an error, never an empty string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch.errors import BlueprintError
from midwatch.render.cases import cases
from midwatch.spec.quantity import format_duration, format_size, parse_duration

if TYPE_CHECKING:
    from jinja2 import Environment

MIB = 1024**2
PROMETHEUS_UNITS = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024))


def docker_size(size: int) -> str:
    """Bytes as Docker reads them, in whole MiB: ``512m``."""
    return f"{size // MIB}m"


def prometheus_size(size: int) -> str:
    """Bytes as Prometheus reads them (``GB`` is 1024³ there), in the largest unit that is exact, at least KB."""
    for unit, factor in PROMETHEUS_UNITS:
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size // 1024}KB"


def yaml_scalar(value: object) -> str:
    """A scalar that YAML and JSON read back as the same value, whatever it contains."""
    return json.dumps(value, ensure_ascii=False)


def matchers(labels: Mapping[str, str]) -> str:
    """Labels as PromQL matchers, each after a comma; those that hold a template are left out."""
    return "".join(f", {key}={json.dumps(value)}" for key, value in labels.items() if "{{" not in value)


def for_any(texts: Iterable[str], app: str = "an app") -> str:
    """A text of an alert for a list, where no alert fires: ``{{ $labels.app }}`` becomes ``app``, and of two cases both
    are named. Of the texts for several services, what they have in common; empty when not even the begin is."""
    differing = list(dict.fromkeys(texts))
    begin = commonprefix(differing)  # noqa: RUF071 (letters are meant)
    end = commonprefix([text[len(begin) :][::-1] for text in differing])[::-1]  # noqa: RUF071
    if len(differing) > 1 and not begin.strip(" .,:;"):
        return ""
    text = begin if len(differing) == 1 else f"{begin}…{end}"
    named = re.sub(r"\{\{ *\$labels\.app *\}\}", app, text)
    return re.sub(r"\{\{.*?\}\}", "", re.sub(r"\{\{ *else.*?\}\}", " ", named))


def mentions(text: str) -> str:
    """Slack's notation of whom it calls, as Slack shows it: ``<!channel>`` -> ``@channel``."""
    return re.sub(r"<[!@](?:subteam\^)?([^>]+)>", r"@\1", text)


def environment(folder: Path) -> Environment:
    """The environment over ``blueprints/stack``."""
    from jinja2 import Environment, StrictUndefined

    from midwatch.render.loader import BlueprintLoader, compiled_cache
    from midwatch.render.spoken import decimal, figure, human, percent, spoken

    env = Environment(
        loader=BlueprintLoader(folder),
        undefined=StrictUndefined,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (YAML, shell and Markdown, no HTML; values pass through the `yaml` filter)
    )
    env.filters |= {
        "size": format_size,
        "human": human,
        "decimal": decimal,
        "figure": figure,
        "docker_size": docker_size,
        "prom_size": prometheus_size,
        "mib": lambda size: size // MIB,
        "duration": format_duration,
        "spoken": spoken,
        "seconds": parse_duration,
        "yaml": yaml_scalar,
        "percent": percent,
        "matchers": matchers,
        "cases": cases,
        "for_any": for_any,
        "mentions": mentions,
    }
    env.bytecode_cache = compiled_cache(env.filters)
    return env


def render_template(env: Environment, name: str, context: Mapping[str, Any]) -> str:
    """One template file. Raises BlueprintError with file and line when it is broken."""
    return _guard(name, lambda: env.get_template(name).render(context))


def render_text(env: Environment, text: str, source: str, context: Mapping[str, Any]) -> str:
    """A template that is part of a line."""
    return _guard(source, lambda: env.from_string(text).render(context))


def _guard(source: str, work: Any) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return str(work())
    except TemplateSyntaxError as error:
        raise BlueprintError(f"{source}:{error.lineno}: {error.message}") from error
    except (TemplateError, TypeError, KeyError) as error:
        raise BlueprintError(f"{source}: {error}") from error
