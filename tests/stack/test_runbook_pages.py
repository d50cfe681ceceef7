"""The runbooks as a person at a phone gets them: the real Caddy, a real HTML parser, English and German."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from midwatch.render.model import Tree
from midwatch.render.tree import render
from tests.conftest import make_spec
from tests.stack.gateway import gateway
from tests.stack.programs import free_port, needed

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOID = {"meta", "link", "input", "br", "hr", "img"}
HOSTILE = """\
# {{ env "HOME" }} <script>alert(1)</script> & "quotes"

{{ readFile "/RedisDown.md" }} {{ include "/RedisDown.md" }} {placeholder}

<script>alert(2)</script> <img src=x onerror=alert(3)> <a href="javascript:alert(4)" onclick="alert(5)">a</a>
[b](javascript:alert(6)) [c](data:text/html;base64,AAAA) ![d](https://evil.example/d.png)
<meta http-equiv="refresh" content="0;url=https://evil.example"><iframe src="https://evil.example"></iframe>
<form action="https://evil.example"><input name="x"></form><style>body { display: none }</style>
\x01script\x02alert(7)\x01/script\x02 <p class="x" style="color:red" onmouseover="alert(8)">e

```sh
echo '<script>' "{{ env \\"HOME\\" }}" </script>
```
"""


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page."""

    status: int
    source: str
    headers: dict[str, str]
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    """Tags that close nothing: a browser ignores them."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        if "text/html" in self.headers["content-type"]:
            self.feed(self.source)
            self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.stack[-1:] == [tag]:
            self.stack.pop()
        else:
            self.strays.append(tag)

    def handle_data(self, data: str) -> None:
        for tag in self.stack:
            self.texts[tag][-1] += data

    def values(self, attribute: str, *tags: str) -> list[str]:
        return [str(at[attribute]) for tag, at in self.tags if attribute in at and (not tags or tag in tags)]

    @property
    def index(self) -> list[dict[str, str]]:
        """What the search knows."""
        scripts = [text for text in self.texts["script"] if text]
        found: list[dict[str, str]] = json.loads(scripts[0])
        return found

    @property
    def results(self) -> list[str]:
        section = self.source[self.source.index('<section id="pages">') :]
        return re.findall(r'<li><a href="/([^"]+)">', section)


@dataclass
class Site:
    """The runbooks of a stack, served."""

    base: str
    tree: Tree
    folder: Path

    def get(self, path: str, accept: str | None = BROWSER) -> Page:
        request = urllib.request.Request(self.base + path, headers={} if accept is None else {"Accept": accept})
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            headers = {key.lower(): value for key, value in answer.headers.items()}
            return Page(answer.status, answer.read().decode(), headers)

    @property
    def files(self) -> list[str]:
        return [path.removeprefix("runbooks/") for path in self.tree if path.startswith("runbooks/")]


@pytest.fixture(scope="module", params=["en", "de"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = {"name": "shop", "port": 3000, "health": "/health", "network": "shop_default", "redis": True}
    tree = render(make_spec(apps=[app], runbooks={"language": request.param}))
    folder = tmp_path_factory.mktemp(request.param)
    with gateway(folder, tree, free_port()) as ports:
        yield Site(f"http://127.0.0.1:{ports['runbooks']}", tree, folder / "runbooks")


def test_every_page_opens_and_every_link_leads_somewhere(site: Site) -> None:
    pages = {name: site.get(f"/{name}") for name in site.files}
    assert len(pages) > 60
    ids = {name: page.values("id") for name, page in pages.items()}
    for name, page in pages.items():
        text = site.tree[f"runbooks/{name}"].data.decode()
        assert page.status == 200
        assert page.stack == page.strays == [], f"{name}: tags that do not nest"
        assert page.texts["h1"][0] == text.splitlines()[0].removeprefix("# ").replace("`", "")
        assert page.texts["title"][0].startswith(page.texts["h1"][0])
        assert len(ids[name]) == len(set(ids[name])), f"{name}: an anchor twice"
        for target in page.values("href", "a"):
            url = urllib.parse.urlsplit(urllib.parse.urljoin(f"/{name}", target))
            if url.scheme:
                continue
            there = urllib.parse.unquote(url.path).removeprefix("/") or "README.md"
            assert there in pages, f"{name} links to {target}"
            assert not url.fragment or urllib.parse.unquote(url.fragment) in ids[there], f"{name} links to {target}"


def test_nothing_of_a_page_is_lost(site: Site) -> None:
    """Code blocks letter by letter (they are copied), as many headings, table rows and steps as the text has."""
    for name in site.files:
        page, text = site.get(f"/{name}"), site.tree[f"runbooks/{name}"].data.decode()
        fences = re.findall(r"^( *)```\w*\n(.*?)^ *```$", text, re.S | re.M)
        blocks = [re.sub(rf"^{indent}", "", block, flags=re.M) for indent, block in fences]
        assert page.texts.get("pre", []) == blocks, name
        prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.S | re.M)
        listed = 1 if name == "README.md" else 0
        assert sum(len(page.texts.get(f"h{n}", [])) for n in range(1, 7)) - listed == len(
            re.findall(r"^#+ ", prose, re.M)
        ), name
        rows = [line for line in re.findall(r"^\|.*\|$", prose, re.M) if not re.fullmatch(r"[-| :]+", line)]
        assert len(page.texts.get("tr", [])) == len(rows), name


def test_nothing_comes_from_outside(site: Site) -> None:
    for path in ("/", "/RedisDown.md", "/nothing"):
        page = site.get(path)
        loaded = page.values("src") + page.values("href", "link")
        assert set(loaded) == {"/-/page.js", "/-/page.css", "data:,"}
        assert not page.values("style") and "style" not in page.texts
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
    assert site.get("/-/page.js").headers["content-type"].startswith("text/javascript")
    style = site.get("/-/page.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in style.source
    assert not re.search(r"url\(|@import|https?:", style.source + site.get("/-/page.js").source)


def test_it_is_made_for_a_phone_and_speaks_its_language(site: Site) -> None:
    german = "## Beheben" in site.tree["runbooks/RedisDown.md"].data.decode()
    page = site.get("/RedisDown.md")
    assert page.values("lang") == ["de" if german else "en"]
    assert "width=device-width, initial-scale=1" in page.values("content", "meta")
    assert page.values("placeholder") == ["Runbooks durchsuchen" if german else "Search the runbooks"]
    assert ("#beheben" if german else "#recover") in page.values("href", "a")
    assert page.values("data-copy") == ["Kopieren" if german else "Copy"]
    assert ("Alle Seiten" if german else "All pages") in site.get("/").texts["h2"]


def test_the_start_page_comes_first_and_lists_every_page(site: Site) -> None:
    start = site.get("/")
    links = start.values("href", "a")
    assert links.index("on-call-start.md") < links.index("RedisDown.md")
    assert sorted(start.results) == sorted(site.files)
    assert sorted(entry["file"] for entry in start.index) == sorted(site.files)
    for entry in start.index:
        words = re.findall(r"[\w.-]+", site.tree[f"runbooks/{entry['file']}"].data.decode())
        assert [word for word in words if word not in entry["text"]] == []


def test_search_without_javascript(site: Site) -> None:
    found = site.get("/?q=REDIS-check-aof+incr")
    assert "RedisDown.md" in found.results and "HostDiskFilling.md" not in found.results
    assert "hidden" in found.source.split("<article", 1)[1].split(">", 1)[0]
    assert found.source.index('<section id="pages">') < found.source.index("<article"), "a text browser hides nothing"
    start = site.get("/").source
    assert start.index("<article") < start.index('<section id="pages">')
    nothing = site.get("/?q=%3Cscript%3E%22zzz")
    assert sorted(nothing.results) == sorted(site.files)
    assert nothing.values("value") == ['<script>"zzz']


def test_plain_text_for_everything_but_a_browser(site: Site) -> None:
    text = site.tree["runbooks/RedisDown.md"].data.decode()
    for page in (site.get("/RedisDown.md", "*/*"), site.get("/RedisDown.md", None), site.get("/RedisDown.md?raw"),
                 site.get("/RedisDown", "*/*")):  # fmt: skip
        assert page.headers["content-type"] == "text/plain; charset=utf-8"
        assert page.source == text
        assert "Accept" in page.headers["vary"]
    assert site.get("/", "*/*").source == site.tree["runbooks/README.md"].data.decode()


def test_a_name_without_md_and_a_wrong_name(site: Site) -> None:
    assert site.get("/RedisDown").texts["h1"] == ["RedisDown"]
    wrong = site.get("/RedisDwn.md")
    assert wrong.status == 404
    assert sorted(wrong.results) == sorted(site.files)
    assert site.get("/RedisDwn.md", "*/*").source == "no such page"


def test_a_page_of_ones_own_appears_without_a_restart_and_is_inert(site: Site) -> None:
    path = site.folder / "Own page.md"
    path.write_text(HOSTILE)
    try:
        page, start = site.get("/Own%20page.md"), site.get("/")
    finally:
        path.unlink()
    assert page.stack == []
    source = page.source
    body = source[source.index("<article>") : source.index("</article>")]
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "link", "script", "body", "header", "a", "form", "input", "main", "article",
        "h1", "p", "code", "pre", "span", "footer",
    }  # fmt: skip
    assert "<script" not in body and "<img" not in body and "<input" not in body and "<meta" not in body
    assert [name for _, at in page.tags for name in at if name.startswith("on") or name == "style"] == []
    assert [url for url in page.values("href", "a") if url.split(":")[0] in ("javascript", "data")] == []
    assert '{{ env "HOME" }} <script>alert(1)</script> & "quotes"' in page.texts["h1"][0]
    assert '{{ readFile "/RedisDown.md" }}' in page.texts["p"][0]
    assert page.texts["pre"] == ['echo \'<script>\' "{{ env \\"HOME\\" }}" </script>\n']
    assert str(Path.home()) not in source
    assert "Own page.md" in start.results and "Own page.md" in [entry["file"] for entry in start.index]


def test_search_as_one_types_and_the_copy_button(site: Site, tmp_path: Path) -> None:
    """The real script, in as much of a browser as it needs."""
    script = tmp_path / "page.js"
    script.write_text(site.get("/-/page.js").source)
    index = json.dumps(site.get("/").index)

    def typed(text: str) -> dict[str, Any]:
        command = [needed("node"), str(Path(__file__).with_name("browser.js")), str(script), text]
        done = subprocess.run(command, input=index, capture_output=True, text=True, check=True, timeout=30)
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    shown = typed(" Redis-CHECK-aof ")
    assert shown["heading"] == "Found" and shown["hidden"]
    by_name = {line[0]: line[1] for line in shown["list"]}
    assert "redis-check-aof" in by_name["RedisDown"]
    assert "HostDiskFilling" not in by_name
    assert typed("redisdown")["list"][0][0] == "RedisDown", "the page of that name first"
    assert len(typed("zzz nothing")["list"]) == len(site.files) and typed("zzz nothing")["heading"] == "None"
    assert not typed("")["hidden"] and typed("")["heading"] == "All"
    assert (shown["copied"], shown["button"]) == (["docker compose ps"], "Copied")
