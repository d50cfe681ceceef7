"""The JSON Schema and the reference page: made from the models, and true."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from midwatch.errors import SpecError
from midwatch.spec import load
from midwatch.spec import shape as shapes
from midwatch.spec.reference import markdown
from midwatch.spec.schema import json_schema
from midwatch.spec.shape import Shape

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/stack.yaml"))
SMALLEST = {"name": "sva", "alerting": {"slack": {"channel": "#ops"}}}
INCOMPLETE: list[dict[str, Any]] = [
    {},
    {"name": "sva"},
    {"alerting": SMALLEST["alerting"]},
    {"name": "sva", "alerting": {}},
    {"name": "sva", "alerting": {"slack": {}}},
]
# Put over the smallest spec; refused by the schema and by the loader alike.
BAD: list[dict[str, Any]] = [
    {"name": "SVA"},
    {"zzz": 1},
    {"host": {"memroy": 1}},
    {"host": {"memory": "lots"}},
    {"host": {"memory": "-1g"}},
    {"host": {"memory": 8}},
    {"host": {"cpus": "two"}},
    {"host": {"cpus": 0}},
    {"environment": "prod"},
    {"retention": {"metrics": 7}},
    {"retention": {"metrics": "1.5h"}},
    {"retention": {"metrics": ""}},
    {"backup": {"every": 0}},
    {"backup": {"cron": "every day"}},
    {"backup": {"volumes": ["uploads"]}},
    {"backup": {"volumes": [{"app": "studio"}]}},
    {"backup": {"volumes": [{"name": "/srv/uploads"}]}},
    {"backup": {"volumes": [{"name": "uploads", "exclude": ["../x"]}]}},
    {"backup": {"volumes": [{"name": "uploads", "exclude": ["*.tmp"]}]}},
    {"apps": {}},
    {"apps": [{"name": "aa"}]},
    {"apps": [{"name": "aa", "port": 0}]},
    {"apps": [{"name": "aa", "port": "80"}]},
    {"apps": [{"name": "aa", "port": 1, "metrics": "metrics"}]},
    {"alerting": {"slack": {"channel": "ops"}}},
    {"alerting": {"slack": {"channel": "#ops", "channels": {"critical": "pages"}}}},
    {"alerting": {"slack": {"channel": "#ops"}, "overrides": {"Redis Down": {}}}},
    {"alerting": {"slack": {"channel": "#ops"}, "overrides": {"RedisDown": {"for_": "5m"}}}},
    {"images": {"overrides": {"redis": {"digest": "sha256:1"}}}},
    {"extra": {"compose": ["../x.yaml"]}},
    {"extra": {"compose": ["a.yaml"] * 101}},
    {"ports": {"loki": True}},
    {"collector": {"pii": {"enabled": "yes"}}},
]
GOOD: list[dict[str, Any]] = [
    {},
    {"host": {"memory": 2 * 1024**3, "disk": "1.5t", "cpus": 2.5}},
    {"apps": [{"name": "aa", "port": 1, "metrics": None, "health": "https://a.example.com/x"}]},
    {"backup": {"cron": "@daily", "every": None}},
    {"alerting": {"slack": {"channel": "C012AB3CD", "mention": "<!here>"}, "overrides": {"RedisDown": {"for": 0, "threshold": 0.5}}}},
    {"workspace": {"default": "acme"}},
]  # fmt: skip


def plain(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def valid(data: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(data))


def loads(data: Any) -> bool:
    try:
        load.parse(json.dumps(data))
    except SpecError:
        return False
    return True


def test_it_is_a_schema() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"]
    assert set(schema["required"]) == {"name", "alerting"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_are_valid(path: Path) -> None:
    jsonschema.validate(plain(path), json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("changes", GOOD, ids=str)
def test_good_specs_are_valid(changes: dict[str, Any]) -> None:
    data = SMALLEST | changes
    assert (valid(data), loads(data)) == (True, True)


@pytest.mark.parametrize("changes", BAD, ids=lambda changes: str(changes)[:80])
def test_bad_specs_are_not(changes: dict[str, Any]) -> None:
    data = SMALLEST | changes
    assert (valid(data), loads(data)) == (False, False)


@pytest.mark.parametrize("data", INCOMPLETE, ids=str)
def test_incomplete_specs_are_not(data: dict[str, Any]) -> None:
    assert (valid(data), loads(data)) == (False, False)


def places(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for key, inner in schema.get("properties", {}).items():
        yield from places(inner, f"{path}.{key}" if path else key)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from places(schema[key], f"{path}.{key}")


def test_every_key_has_title_and_meaning_and_every_default_and_example_is_valid() -> None:
    for path, schema in places(json_schema()):
        assert schema["title"], path
        if not path.endswith(("items", "additionalProperties")):
            assert schema["description"], path
        values = schema.get("examples", []) + ([schema["default"]] if "default" in schema else [])
        for value in values:
            assert jsonschema.Draft202012Validator(schema).is_valid(value), f"{path}: {value}"


def test_defaults_are_written_as_a_person_would() -> None:
    properties = json_schema()["properties"]
    assert properties["host"]["properties"]["memory"]["default"] == "4GiB"
    assert properties["backup"]["properties"]["rto"]["default"] == "1h"


def test_no_key_beyond_the_known_ones_anywhere() -> None:
    for path, schema in places(json_schema()):
        if "object" in str(schema.get("type")):
            assert schema.get("additionalProperties") is not None, path


def leaves(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    if shape.keys is not None:
        for key, inner in shape.keys.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif shape.item is not None and shape.item.keys is not None:
        yield from leaves(shape.item, f"{path}[]")
    elif shape.value is not None:
        yield from leaves(shape.value, f"{path}.<{'alert name' if 'alerting' in path else 'name'}>")
    else:
        yield path, shape


def test_the_committed_reference_is_the_generated_one() -> None:
    committed = (ROOT / "docs" / "reference" / "spec.md").read_text(encoding="utf-8")
    assert committed == markdown(), "write it anew: midwatch.spec.reference.markdown()"


def rows() -> dict[str, list[str]]:
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown().splitlines() if line.startswith("| `"))
    return {row[0].strip(" `"): [cell.strip() for cell in row] for row in cells}


def test_the_reference_names_every_key_with_all_there_is_to_say() -> None:
    assert set(rows()) == {path for path, _ in leaves(shapes.root())}
    for path, row in rows().items():
        assert len(row) == 5
        assert all(cell.strip("`") for cell in row), path


def nested(path: str, value: Any) -> Any:
    """The value at a path of the page: ``apps[].port`` and 80 make ``{"apps": [{"port": 80}]}``."""
    for step in reversed(path.replace("[]", ".[]").split(".")):
        value = [value] if step == "[]" else {"RedisDown" if step.startswith("<") else step: value}
    return value


def test_every_example_of_the_reference_works() -> None:
    for path, row in rows().items():
        value = YAML(typ="safe", pure=True).load(row[4].strip("`").replace("\\|", "|"))
        # The keys beside it that are required are missing; more must not be wrong.
        with pytest.raises(SpecError) as caught:
            load.parse(json.dumps(nested(path, value)))
        missing = ("is required", "needs a network", "there is no app", "needs an S3 store")
        wrong = [str(problem) for problem in caught.value.problems if not problem.message.startswith(missing)]
        assert not wrong, path
