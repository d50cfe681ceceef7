"""The properties on real stacks: random specs, random changes of them, random hand edits of the generated files."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from midwatch.check import kinds
from midwatch.check.document import parse
from midwatch.merge import remarks
from midwatch.merge.build import build
from midwatch.merge.files import merge_file
from midwatch.merge.model import same
from midwatch.merge.three import merge
from midwatch.render.model import Tree
from midwatch.render.tree import render
from tests.conftest import make_spec
from tests.merge.edits import edited
from tests.merge.test_properties import many

FILES = (
    "compose.yaml", "prometheus/prometheus.yml", "prometheus/rules/redis.yml", "alertmanager/alertmanager.yml",
    "loki/loki.yaml",
)  # fmt: skip


@lru_cache(maxsize=64)
def tree(memory: int, days: int, apps: int, redis: bool) -> Tree:
    """The stack of a spec."""
    names = [{"name": f"app-{number}", "port": 8080, "network": f"app-{number}_default"} for number in range(apps)]
    more: dict[str, Any] = {"redis": {"memory": f"{days * 32}MiB"}} if redis else {}
    return render(
        make_spec(
            host={"cpus": 8, "memory": f"{memory}GiB", "disk": "300GiB"}, retention={"metrics": f"{days}d"},
            apps=names, **more,
        )
    )  # fmt: skip


specs = st.tuples(st.sampled_from([8, 16]), st.sampled_from([3, 7]), st.integers(0, 2), st.booleans())


@given(specs, specs, st.sampled_from(FILES), st.integers(1, 4), st.integers(0, 2**32))
@many
def test_a_spec_change_and_hand_edits_both_arrive(
    before: tuple[int, int, int, bool], after: tuple[int, int, int, bool], file: str, count: int, seed: int
) -> None:
    base, theirs = (tree(*spec)[file].data.decode() for spec in (before, after))
    ours = edited(random.Random(seed), base, count, "mine")
    merged = merge_file(file, base.encode(), ours.encode(), theirs.encode())
    result = merged.data.decode()
    documents = [parse("", side.encode()) for side in (base, ours, theirs, result)]
    assert not documents[3].problems
    kind = kinds.of_data(documents[0].data)
    generated, mine, new, came = (build(kind, document.data) for document in documents)
    wanted = merge(generated, mine, new)
    assert wanted.node is not None
    if not [conflict for conflict in merged.conflicts if conflict.why]:
        assert same(came, wanted.node)
        assert [one.path for one in merged.conflicts] == [one.path for one in wanted.conflicts]
    assert not (remarks.counted(ours) - remarks.counted(base)) - remarks.counted(result)
    again = merge_file(file, theirs.encode(), merged.data, theirs.encode())
    assert again.data == merged.data
