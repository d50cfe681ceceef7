"""Checks of addresses: hosts, URLs, paths on a server, image repositories, backup destinations.

Like ``checks``: text in, text out, ValueError with what is allowed. Quotes, spaces, ``$``, braces and backslashes
never pass: they mean
something to Compose, to Go templates or to a shell. A URL can carry them percent-encoded. Nor do passwords: those
belong into ``secrets/``.
"""

from __future__ import annotations

import ipaddress
import re

from midwatch.spec.shown import shown

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_PORT = r"(:[0-9]{1,5})?"
_PATH = r"(/[A-Za-z0-9._~+,=:@%&/-]*)?"
_QUERY = r"(\?[A-Za-z0-9._~+,=:@%&/?-]*)?"
HOST = rf"^(?=.{{1,253}}$){_HOST}$"
HTTP_URL = rf"^https?://({_HOST}|\[[0-9A-Fa-f:.]+\]){_PORT}{_PATH}{_QUERY}$"
METRICS_PATH = r"^/([A-Za-z0-9._~+,=:@-][A-Za-z0-9._~+,=:@/-]*)?$"
HTTP_PATH = r"^/([A-Za-z0-9._~+,=:@%&?-][A-Za-z0-9._~+,=:@%&/?-]*)?$"
REGISTRY = rf"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?{_PORT}(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$"
REPOSITORY = rf"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?{_PORT}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$"
_REMOTE = r"(s3|sftp)"
DESTINATION = rf"^({_REMOTE}:)?[A-Za-z0-9._~/:@%+=-]+$"
S3 = rf"^s3:(https?://)?{_HOST}{_PORT}/[A-Za-z0-9][A-Za-z0-9._~/@%+=-]*$"
SFTP = rf"^sftp:(//([^/:]+@)?{_HOST}{_PORT}/|([^/:]+@)?{_HOST}:)[A-Za-z0-9._/][A-Za-z0-9._~/:@%+=-]*$"
_LONGEST_URL, _LONGEST_PATH = 2048, 512


def fits(pattern: str, text: str, longest: int) -> bool:
    """Whether the whole text fits, and is not too long."""
    return len(text) <= longest and re.fullmatch(pattern, text, re.ASCII) is not None


def is_this_container(text: str) -> bool:
    """Whether the name leads back into the container that uses it."""
    bare = text.strip("[]").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return bare == "localhost" or bare.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def host(text: str) -> str:
    """Name (or IPv4 address) of an app on its network."""
    if not fits(HOST, text, 253):
        bare = re.sub(r"^[a-z]+://|[:/].*$", "", text[:300])
        better = f", did you mean {bare!r}?" if fits(HOST, bare, 253) else ""
        raise ValueError(
            f"must be a host name such as 'studio' or 'api.example.com', without port or path,"
            f" not {shown(text)}{better}"
        )
    if is_this_container(text):
        raise ValueError(f"must be the app's name on its network: inside a container, {text!r} is the container itself")
    return text


def http_url(text: str) -> str:
    """A full http or https URL without user, password or fragment."""
    if fits(HTTP_URL, text, _LONGEST_URL):
        port = re.match(r"https?://[^/?]*?(?::([0-9]+))?(?:[/?]|$)", text)
        if port and port[1] and not 1 <= int(port[1]) <= 65535:
            raise ValueError(f"must have a port from 1 to 65535, not {port[1]}")
        return text
    if re.match(r"https?://[^/]*@", text[:_LONGEST_URL]):
        raise ValueError("must not carry a user or a password: the spec is no place for secrets")
    better = f", did you mean 'https://{text}'?" if fits(HTTP_URL, f"https://{text}", 200) and "." in text else ""
    raise ValueError(
        f"must be an http:// or https:// URL (other signs than letters, digits and -._~/?&=:@%+"
        f" percent-encoded), not {shown(text)}{better}"
    )


def reachable_url(text: str) -> str:
    """A URL that a container of the stack calls, so not the container itself."""
    http_url(text)
    name = re.sub(r"^https?://(\[[^]]*\]|[^:/?]*).*$", r"\1", text)
    if is_this_container(name):
        raise ValueError(
            f"must be an address that containers can reach: inside a container, {name!r} is the container itself"
        )
    return text


def http_path(text: str) -> str:
    """Path on a server, with a query if need be."""
    if fits(HTTP_PATH, text, _LONGEST_PATH):
        return text
    better = (
        f", did you mean '/{text}'?" if fits(HTTP_PATH, f"/{text}", _LONGEST_PATH) and not text.startswith("/") else ""
    )
    raise ValueError(f"must be a path such as '/health/live', beginning with one '/', not {shown(text)}{better}")


def metrics_path(text: str) -> str:
    """Path of a metrics endpoint: no query, because Prometheus takes none in ``metrics_path``."""
    if fits(METRICS_PATH, text, _LONGEST_PATH):
        return text
    bare = "/" + text[:_LONGEST_PATH].split("?")[0].lstrip("/")
    better = f", did you mean {bare!r}?" if fits(METRICS_PATH, bare, _LONGEST_PATH) and "://" not in text else ""
    raise ValueError(
        f"must be a path such as '/metrics', beginning with one '/' and without a query, not {shown(text)}{better}"
    )


def health(text: str) -> str:
    """Path on the app, or a full URL."""
    return reachable_url(text) if re.match(r"[a-z]+://", text) else http_path(text)


def registry(text: str) -> str:
    """A registry, with the path below it that the images lie in."""
    if fits(REGISTRY, text, 200):
        return text
    bare = re.sub(r"^[a-z]+://", "", text).rstrip("/").lower()
    better = f", did you mean {bare!r}?" if fits(REGISTRY, bare, 200) else ""
    raise ValueError(
        f"must be a registry such as 'registry.example.com/mirror', without 'https://', not {shown(text)}{better}"
    )


def repository(text: str) -> str:
    """Whole repository of an image: registry and name, no tag, no digest."""
    if fits(REPOSITORY, text, 255):
        return text
    bare = re.sub(r"^[a-z]+://|(:[^/]*)?(@.*)?$", "", text[:300]).lower()
    better = f", did you mean {bare!r}?" if fits(REPOSITORY, bare, 255) else ""
    raise ValueError(
        f"must be a whole repository such as 'registry.example.com/team/prometheus', without tag or digest,"
        f" not {shown(text)}{better}"
    )


def destination(text: str) -> str:
    """A restic repository, or an absolute path on the host; credentials are secrets and not part of it."""
    if re.search(r"(://[^/]*|^sftp:[^/@]*):[^/@]*@", text[:_LONGEST_URL]):
        raise ValueError("must not carry a password: the spec is no place for secrets")
    if text.startswith("s3:") and not fits(S3, text, _LONGEST_URL):
        raise ValueError(
            "must name the server and the bucket, such as 's3:https://s3.example.com/bucket'"
            f" (Amazon's: 's3:https://s3.eu-central-1.amazonaws.com/bucket'), not {shown(text)}"
        )
    if text.startswith("sftp:") and not fits(SFTP, text, _LONGEST_URL):
        raise ValueError(
            "must name the server and the folder, such as 'sftp:user@host:/path'"
            f" (with a port: 'sftp://user@host:2222//path'), not {shown(text)}"
        )
    remote = re.match(_REMOTE + ":.", text) is not None
    if fits(DESTINATION, text, _LONGEST_URL) and (remote or re.match("/[^/]", text)) and ".." not in text.split("/"):
        return text
    raise ValueError(
        "must be a restic repository such as 's3:https://s3.example.com/bucket' or 'sftp:user@host:/path', "
        f"or an absolute path such as '/srv/backup' (no spaces, no '..'), not {shown(text)}"
    )
