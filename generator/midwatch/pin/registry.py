"""Asks a registry for the digest of a tag: HTTP API v2 of the OCI distribution specification, standard library only."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPMessage

from midwatch.errors import ProgramError

TIMEOUT = 20.0
"""Seconds for one answer."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a manifest or a token that are read."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# An index first: its digest is the same on every architecture.
ACCEPT = ", ".join(
    f"application/vnd.{kind}"
    for kind in (
        "oci.image.index.v1+json",
        "docker.distribution.manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "docker.distribution.manifest.v2+json",
    )
)


@dataclass(frozen=True, slots=True)
class Reference:
    """``host/path:tag``, its parts."""

    host: str
    path: str
    tag: str

    @classmethod
    def of(cls, repository: str, tag: str) -> Reference:
        """``docker.io/library/redis`` and its tag; a repository without a host is Docker's."""
        first, slash, rest = repository.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        host, path = (first, rest) if named else ("docker.io", repository)
        return cls(host, path if "/" in path or host != "docker.io" else f"library/{path}", tag)

    @property
    def url(self) -> str:
        """Of its manifest. Registries on this machine speak http, as Docker takes them too."""
        host = "registry-1.docker.io" if self.host == "docker.io" else self.host
        local = re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", host)
        return f"{'http' if local else 'https'}://{host}/v2/{self.path}/manifests/{self.tag}"

    def __str__(self) -> str:
        return f"{self.host}/{self.path}:{self.tag}"


def digest_of(reference: Reference) -> str:
    """``sha256:…`` of what the tag names now. Raises ProgramError when the registry cannot or does not say."""
    try:
        headers, body = _get(reference.url, reference)
    except urllib.error.HTTPError as error:
        raise ProgramError(_refused(reference, error), hint=_hint(error.code)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise ProgramError(
            f"{reference}: the registry cannot be reached: {why}",
            hint="run 'midwatch pin' where the registry is at hand, or name a mirror in images.registry",
        ) from None
    found = headers.get("Docker-Content-Digest", "")
    counted = f"sha256:{sha256(body).hexdigest()}"
    if DIGEST.fullmatch(found) and found != counted:
        raise ProgramError(f"{reference}: the registry says {found}, but what it sent is {counted}")
    return counted


def _get(url: str, reference: Reference) -> tuple[HTTPMessage, bytes]:
    try:
        return _ask(url)
    except urllib.error.HTTPError as error:
        challenge = error.headers.get("WWW-Authenticate", "")
        if error.code != 401 or not challenge.lower().startswith("bearer "):
            raise
    return _ask(url, _token(challenge, reference))


def _ask(url: str, token: str = "") -> tuple[HTTPMessage, bytes]:
    headers = {"Accept": ACCEPT} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as answer:  # noqa: S310
        return answer.headers, answer.read(LARGEST)


def _token(challenge: str, reference: Reference) -> str:
    """An anonymous token, from where the registry says. Only https, or the same host."""
    words = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = words.get("realm", "")
    if not realm.startswith("https://") and urllib.parse.urlsplit(realm).netloc != reference.host:
        raise ValueError(f"it sends for a token to {realm or 'nowhere'}")
    query = {"service": words.get("service", ""), "scope": words.get("scope") or f"repository:{reference.path}:pull"}
    _, body = _ask(f"{realm}?{urllib.parse.urlencode(query)}")
    answer = json.loads(body)
    return str(answer.get("token") or answer.get("access_token") or "")


def _refused(reference: Reference, error: urllib.error.HTTPError) -> str:
    if error.code == 404:
        return f"{reference}: the registry has no such image"
    if error.code in (401, 403):
        return f"{reference}: the registry wants a login"
    return f"{reference}: the registry answered {error.code}"


def _hint(code: int) -> str:
    if code in (401, 403):
        return "take the digest from `docker buildx imagetools inspect` and write it into images.overrides"
    return "look at images.registry and images.overrides of stack.yaml" if code == 404 else "try again later"
