"""Checks of what sends e-mail: addresses, the server, the name at its login.

Like ``checks``: text in, text out, ValueError with what is allowed. What passes is put into Alertmanager's templates
and into Compose, so braces, ``$``, quotes and spaces never pass.
"""

from __future__ import annotations

import re

from midwatch.spec.shown import shown
from midwatch.spec.urls import HOST, fits, is_this_container

_DOMAIN = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
ADDRESS = rf"^[A-Za-z0-9._%+=-]{{1,64}}@{_DOMAIN}$"
SMARTHOST = rf"^{_DOMAIN}:[0-9]{{1,5}}$"
USERNAME = r"^[A-Za-z0-9._%+=@-]{1,254}$"


def address(text: str) -> str:
    """An e-mail address, without a name before it."""
    if fits(ADDRESS, text, 254):
        return text
    bare = re.sub(r"^.*<([^<>]*)>\s*$|^mailto:", r"\1", text[:300]).strip()
    better = f", did you mean {bare!r}?" if fits(ADDRESS, bare, 254) else ""
    raise ValueError(f"must be an e-mail address such as 'oncall@example.com', not {shown(text)}{better}")


def smarthost(text: str) -> str:
    """Host and port of the server that takes the messages."""
    wanted = "must be a mail server with its port, such as 'smtp.example.com:587'"
    if not fits(SMARTHOST, text, 259):
        bare = re.sub(r"^[a-z]+://|/.*$", "", text[:300])
        better = next((one for one in (bare, f"{bare}:587") if fits(SMARTHOST, one, 259)), "")
        raise ValueError(f"{wanted}, not {shown(text)}" + (f", did you mean {better!r}?" if better else ""))
    name, _, port = text.rpartition(":")
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"must have a port from 1 to 65535, not {port}")
    if is_this_container(name):
        raise ValueError(
            f"must be a server that containers can reach: inside a container, {name!r} is the container itself"
        )
    return text


def hello(text: str) -> str:
    """The name by which the stack greets the server."""
    if fits(HOST, text, 253):
        return text
    raise ValueError(f"must be a host name such as 'monitoring.example.com', not {shown(text)}")


def username(text: str) -> str:
    """Name at the server's login."""
    if fits(USERNAME, text, 254):
        return text
    raise ValueError(f"must be a name at the mail server: letters, digits and ._%+=@-, not {shown(text)}")
