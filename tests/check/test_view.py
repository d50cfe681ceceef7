"""The files of a service as its container sees them; and the small readers: .gitignore, redis.conf, PromQL, anchors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from midwatch.check import catalogue, gitignore, redisconf, stack, view
from midwatch.check.judges.links import anchors
from midwatch.check.kinds import Kind
from midwatch.check.promql import Selector, selectors
from midwatch.check.stack import File, Stack
from midwatch.check.tool import UnusableError
from tests.check.conftest import edit


def test_paths_are_rewritten_and_lines_stay(good_stack: Stack) -> None:
    with view.of_service(good_stack, good_stack.services["alertmanager"]) as seen:
        text = seen.path("/etc/alertmanager/alertmanager.yml").read_text()
        assert f"slack_api_url_file: {seen.root}/run/secrets/slack_webhook_url" in text
        assert f"- {seen.root}/etc/alertmanager/templates/*.tmpl" in text
        assert text.count("\n") == good_stack.files["alertmanager/alertmanager.yml"].text.count("\n")
        assert seen.path("/alertmanager").is_dir()
        assert view.PLACEHOLDER in seen.path("/run/secrets/slack_webhook_url").read_text()
        place = str(seen.path("/etc/alertmanager/alertmanager.yml"))
        assert seen.shown(f"{place}: bad") == "alertmanager/alertmanager.yml: bad"
        root = seen.root
    assert not root.exists()


def test_a_url_is_not_a_path(good_stack: Stack) -> None:
    file = File("x", Kind.OTHER, "http://loki:3100/loki/api /loki/chunks a/loki/b /lokix /loki\n")
    assert file.text  # the mount target of the service is /loki
    with view.of_service(good_stack, good_stack.services["loki"]) as seen:
        rewrite = view._rewriter(good_stack.services["loki"], seen.root)
        assert (
            rewrite(file.text)
            == f"http://loki:3100/loki/api {seen.root}/loki/chunks a/loki/b /lokix {seen.root}/loki\n"
        )


def test_an_acl_file_comes_from_the_real_template_with_no_real_password(good_stack: Stack) -> None:
    with view.of_service(good_stack, good_stack.services["redis"]) as seen:
        text = seen.path("/run/secrets/redis_users_acl").read_text()
    assert text.startswith("user default on ")
    assert text == catalogue.derived_placeholder("redis_users_acl", view.PLACEHOLDER)


def test_an_acl_file_that_no_blueprint_knows_is_one_that_redis_can_read(
    good_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "components", dict)
    with view.of_service(good_stack, good_stack.services["redis"]) as seen:
        assert seen.path("/run/secrets/redis_users_acl").read_text() == view.ACL_PLACEHOLDER


def test_the_real_secrets_are_never_copied(good_stack: Stack) -> None:
    for service in good_stack.services.values():
        with view.of_service(good_stack, service) as seen:
            for path in seen.root.rglob("*"):
                assert not path.is_file() or "a-value-of-a-test" not in path.read_text()


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("secrets/", "secrets/a", True),
        ("/secrets/", "secrets/a", True),
        ("secrets", "secrets/a", True),
        ("secrets/*", "secrets/a", True),
        ("*.key", "deep/in/a.key", True),
        ("**/a.key", "x/y/a.key", True),
        ("secrets/\n!secrets/a", "secrets/a", False),
        ("# secrets/", "secrets/a", False),
        ("", "secrets/a", False),
        ("/a", "b/a", False),
        ("b/a", "b/a", True),
        ("secret", "secrets/a", False),
        ("secrets/", "other/secrets/a", True),
    ],
)
def test_gitignore(pattern: str, path: str, ignored: bool) -> None:
    assert gitignore.ignored(path, pattern) is ignored


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_gitignore_agrees_with_git(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from midwatch.check import programs

    programs.run(["git", "init", "-q"], cwd=tmp_path)
    for text in (
        "secrets/\n",
        "/secrets/\n",
        "secrets\n",
        "secrets/*\n",
        "*.key\n",
        "nothing\n",
        "/a\n",
        "x?z\n",
        "secret\n",
    ):
        (tmp_path / ".gitignore").write_text(text)
        for path in ("secrets/a", "b/secrets/a", "x.key", "b/x.key", "a", "b/a", "xyz", "secretsx"):
            theirs = programs.run(["git", "check-ignore", "-q", path], cwd=tmp_path).code == 0
            assert gitignore.ignored(path, text) is theirs, (text, path)


def test_redis_conf() -> None:
    text = '# comment\n\nmaxmemory 1mb\nSave ""\nmaxmemory 2mb\nbroken "quote\n'
    found = redisconf.parse(File("r.conf", Kind.REDIS, text))
    assert found["maxmemory"].args == ("2mb",)
    assert found["maxmemory"].at.line == 5
    assert found["save"].args == ("",)


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ('up{job="a"} == 0 or absent(up{job=~"a|b"})', {("up", "a"), ("up", "a,b")}),
        ("rate(x_total[5m]) / on () group_left () y > 1", {("x_total", ""), ("y", "")}),
        ('max_over_time({__name__="z"}[5m:1m])', {("z", "")}),
        ('topk(3, (a)) unless count_values("v", -b)', {("a", ""), ("b", "")}),
        ("vector(1)", set()),
        ("quantile_over_time(scalar(q), zz[5m])", {("q", ""), ("zz", "")}),
        ('c{job=~"a.*"}', {("c", "")}),
    ],
)
def test_metrics_of_an_expression(expr: str, found: set[tuple[str, str]]) -> None:
    assert {(one.metric, ",".join(sorted(one.jobs))) for one in selectors(expr)} == found


def test_an_expression_that_cannot_be_parsed() -> None:
    with pytest.raises(ValueError, match=r"."):
        selectors("up{")
    assert Selector("a") in selectors("a")


def test_anchors_are_those_of_github() -> None:
    page = (
        "# What you see\n## `up` is 0, isn't it?\n## Recover\n## Recover\n<a id='own'></a>\n```\n# not a heading\n```\n"
    )
    assert anchors(page) == {"what-you-see", "up-is-0-isnt-it", "recover", "recover-1", "own"}


def test_no_mount_reaches_out_of_the_temporary_root(good: Path, tmp_path: Path) -> None:
    target = f"/../../../../../../../..{tmp_path}/escaped"
    edit(
        good, "compose.yaml", "./redis/redis.conf:/usr/local/etc/redis/redis.conf:ro", f"./redis/redis.conf:{target}:ro"
    )
    parsed = stack.read(good, use_compose=False)
    with view.of_service(parsed, parsed.services["redis"]) as seen:
        assert all(path.startswith(str(seen.root)) for path in seen.files)
    assert not (tmp_path / "escaped").exists()


def test_mounts_in_each_others_way_are_a_reason_to_skip(good: Path) -> None:
    edit(good, "compose.yaml", ":/etc/caddy/Caddyfile:ro", ":/config:ro")
    parsed = stack.read(good, use_compose=False)
    with pytest.raises(UnusableError, match="cannot be laid out"), view.of_service(parsed, parsed.services["gateway"]):
        pass
