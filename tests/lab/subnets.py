"""Addresses for a stack's networks.

An engine has about thirty address ranges of its own, and a stack takes seven: with a few stacks beside each other there
is none left. So the lab names small ones, of the range that is reserved for benchmarks (198.18.0.0/15) and that no
network of a real machine has.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

RANGE = IPv4Network("198.18.0.0/15")
OF_A_STACK, OF_A_NETWORK = 22, 26
"""Prefixes: 16 networks of 62 addresses for each stack, and room for 128 stacks."""


def subnets(names: Iterable[str], taken: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Network -> what Compose is to be told of it. ``taken`` are subnets that the engine has already. Raises
    StopIteration where all are taken."""
    used = [IPv4Network(one) for one in taken if ":" not in one]
    blocks = list(RANGE.subnets(new_prefix=OF_A_STACK))
    random.shuffle(blocks)
    block = next(one for one in blocks if not any(one.overlaps(other) for other in used))
    pieces = block.subnets(new_prefix=OF_A_NETWORK)
    return {name: {"ipam": {"config": [{"subnet": str(next(pieces))}]}} for name in sorted(names)}


def networks_of(folder: Path) -> list[str]:
    """The networks that a generated stack makes itself."""
    compose = YAML(typ="safe").load((folder / "compose.yaml").read_text(encoding="utf-8"))
    return [name for name, network in compose["networks"].items() if not (network or {}).get("external")]
