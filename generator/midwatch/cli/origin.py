"""Where this midwatch was installed from, as pip takes it: what a project's CI has to install to get the same one."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution

from midwatch import __version__


def requirement() -> str:
    """``midwatch[judges]==1.2.3``, or ``midwatch[judges] @ git+https://…@<commit>``.

    Empty where only this machine has it (a folder, a wheel on disk): no CI could install that.
    """
    try:
        told = distribution("midwatch").read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    return pinned(told)


def pinned(direct_url: str | None) -> str:
    """The requirement by the record that an installer leaves (PEP 610); None: it came from an index."""
    if direct_url is None:
        return f"midwatch[judges]=={__version__}"
    try:
        record = json.loads(direct_url)
        url, version = str(record["url"]), record.get("vcs_info") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    if url.startswith("file:") or "@" in url.partition("://")[2].partition("/")[0]:
        return ""  # nobody else has that folder; and a password in an address is nobody else's either
    if version:
        return f"midwatch[judges] @ {version['vcs']}+{url}@{version['commit_id']}"
    return f"midwatch[judges] @ {url}"
