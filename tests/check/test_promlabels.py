"""Which labels an expression uses and leaves, by hand-made metrics."""

from __future__ import annotations

import pytest

from midwatch.check.promlabels import Labels, follow, used_in_text
from midwatch.check.promql import Selector

KNOWN = {"x": {"job", "instance", "a", "le"}, "y": {"job", "b"}}


def labels_of(selector: Selector) -> Labels:
    return frozenset(KNOWN[selector.metric]) if selector.metric in KNOWN else None


@pytest.mark.parametrize(
    ("expr", "left", "slips"),
    [
        ("x", ["a instance job le"], ""),
        ('x{c="1", a=""}', ["a instance job le"], "c"),
        ("rate(x[5m]) > bool 3", ["a instance job le"], ""),
        ("sum(x)", [""], ""),
        ("sum by (job, c) (x)", ["c job"], "c"),
        ("sum without (le, c) (x)", ["a instance job"], "c"),
        ("topk by (a) (3, x)", ["a instance job le"], ""),
        ('count_values by (job) ("v", x)', ["job v"], ""),
        ("x / y", ["a instance job le"], ""),
        ("x / on (job) y", ["job"], ""),
        ("x / on (b) y", ["b"], "b"),
        ("x / ignoring (a, d) y", ["instance job le"], "d"),
        ("x * on (job) group_left (b) y", ["a b instance job le"], ""),
        ("x * on (job) group_left (d) y", ["a d instance job le"], "d"),
        ("y * on (job) group_right (b, d) x", ["a b d instance job le"], "d"),
        ("x and on (job) y", ["a instance job le"], ""),
        ("x unless on (b) y", ["a instance job le"], "b"),
        ("x or y", ["a instance job le", "b job"], ""),
        ("max by (job) (x or y)", ["job"], ""),
        ("2 * x - 1", ["a instance job le"], ""),
        ("(time() - 300) / x", ["a instance job le"], ""),
        ('absent(x{job="j", a=~"."})', ["job"], ""),
        ('absent_over_time(x{job="j"}[5m])', ["job"], ""),
        ("absent(sum(x))", [""], ""),
        ("vector(1)", [""], ""),
        ("scalar(x) + y", ["b job"], ""),
        ("histogram_quantile(0.9, rate(x[5m]))", ["a instance job"], ""),
        ("histogram_quantile(0.9, sum by (a) (x))", ["a"], "le"),
        ('label_replace(x, "new", "$1", "a", "(.+)")', ["a instance job le new"], ""),
        ('label_replace(x, "new", "$1", "old", "(.+)")', ["a instance job le new"], "old"),
        ('label_join(y, "new", "-", "job", "c")', ["b job new"], "c"),
        ("max_over_time((x > 0)[5m:10s])", ["a instance job le"], ""),
        ("quantile_over_time(0.9, x[5m])", ["a instance job le"], ""),
        ('unknown{c="1"} / on (d) other', ["d"], ""),
        ('{__name__="y", c="1"}', ["b job"], "c"),
    ],
)
def test_labels(expr: str, left: list[str], slips: str) -> None:
    branches, found = follow(expr, labels_of)
    assert [" ".join(sorted(labels or ())) for labels in branches] == [" ".join(sorted(one.split())) for one in left]
    assert " ".join(slip.label for slip in found) == slips


def test_of_what_nobody_knows_nothing_is_said() -> None:
    assert follow('rate(unknown{c="1"}[5m]) * 2', labels_of) == ((None,), ())


def test_labels_in_texts() -> None:
    text = '{{ $labels.a }} is {{ $value | printf "%.0f" }}, {{ index $labels "b" }}, {{ .Labels.c }} $labels.d'
    assert list(used_in_text(text + "{{ $externalLabels.e }}")) == ["a", "b", "c"]
