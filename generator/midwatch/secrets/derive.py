"""Secrets that follow from others, by the name in ``Secret.derive``. Pure functions of the values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from midwatch.errors import BlueprintError
from midwatch.plan.model import Plan, Secret

Values = Mapping[str, str]

EXPORTER_COMMANDS = (
    "+ping +client|setname +info +config|get +command|info +cluster|info "
    "+slowlog|len +slowlog|get +latency|latest +latency|histogram"
)
"""What redis_exporter sends with its default options; it reads no key, so it gets none."""

REPLICA = "redis_replica_password"
"""Is known only where the spec asks for a replica."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """``needs`` must be known; ``takes`` are used where the plan has them."""

    needs: tuple[str, ...]
    make: Callable[[Values], str]
    takes: tuple[str, ...] = ()


def redis_acl(values: Values) -> str:
    """The ACL file: one user a line, passwords as SHA-256, since whoever reads the file need not log in.

    ``default`` is what apps use: every key and channel, all commands but the administrative and dangerous ones; INFO
    is given back, since common clients ask it whether the server has loaded. ``health`` has no password and may do
    nothing but PING. ``replica``, where there is one, may follow and may ask how far it is.
    """
    users = [
        f"user default on {_hash(values['redis_password'])} ~* &* +@all -@admin -@dangerous +info",
        f"user exporter on {_hash(values['redis_exporter_password'])} resetkeys resetchannels -@all "
        + EXPORTER_COMMANDS,
        "user health on nopass resetkeys resetchannels -@all +ping",
    ]
    if "redis_backup_password" in values:
        users.append(
            f"user backup on {_hash(values['redis_backup_password'])} resetkeys resetchannels -@all "
            "+ping +info +config|get +lastsave +bgsave +bgrewriteaof"
        )
    if REPLICA in values:
        users.append(
            f"user replica on {_hash(values[REPLICA])} resetkeys resetchannels -@all +ping +psync +replconf +info"
        )
    return "\n".join(users) + "\n"


def redis_exporter_passwords(values: Values) -> str:
    """The map for ``--redis.password-file``. With ``--redis.user=exporter`` the exporter looks up the address with the
    user in it. (The user must not be in ``--redis.addr``: a user without a password is taken for a password there.)
    """
    servers = ("redis", "redis-replica") if REPLICA in values else ("redis",)
    password = values["redis_exporter_password"]
    return json.dumps({f"redis://exporter@{server}:6379": password for server in servers}) + "\n"


def _hash(password: str) -> str:
    return f"#{sha256(password.encode()).hexdigest()}"


DERIVATIONS: Mapping[str, Derivation] = {
    "redis-acl": Derivation(
        ("redis_password", "redis_exporter_password"), redis_acl, ("redis_backup_password", REPLICA)
    ),
    "redis-exporter-passwords": Derivation(("redis_exporter_password",), redis_exporter_passwords, (REPLICA,)),
}


def inputs(secret: Secret, plan: Plan) -> tuple[str, ...]:
    """The names that a derived secret needs. Raises BlueprintError for an unknown derivation or a missing source."""
    derivation = DERIVATIONS.get(secret.derive)
    if derivation is None:
        raise BlueprintError(f"secret '{secret.name}' is derived by '{secret.derive}', which is unknown")
    known = {other.name for other in plan.secrets}
    lost = [name for name in derivation.needs if name not in known]
    if lost:
        raise BlueprintError(f"secret '{secret.name}' is derived from {', '.join(lost)}, which the plan has not")
    return derivation.needs + tuple(name for name in derivation.takes if name in known)


def derive(secret: Secret, values: Values, plan: Plan) -> str | None:
    """The text of a derived secret; None while one of its sources is missing. Raises BlueprintError."""
    if any(name not in values for name in inputs(secret, plan)):
        return None
    return DERIVATIONS[secret.derive].make(values)
