"""What the lab changes in a generated stack, as a Compose file of its own: nothing, where every image can be had."""

from __future__ import annotations

import json
from collections.abc import Collection

from midwatch.plan.model import Plan
from tests.lab.images import RECIPES

STAND_IN = {
    "image": RECIPES["loki-stand-in"].name,
    "command": [],
    # It has no `loki -health`.
    "healthcheck": {"test": ["CMD", "wget", "-q", "-T", "3", "-O", "/dev/null", "http://127.0.0.1:3100/ready"]},
}


def override(plan: Plan, missing: Collection[str], stand_in: bool) -> str:
    """The stand-in in the place of Loki; a service without an image is left out, also of what waits for it."""
    lines = ["services:"]
    for service in plan.services:
        if service.name in missing:
            lines.append(f"  {service.name}: !reset null")
        elif service.name == "loki" and stand_in:
            lines.append(f"  loki: {json.dumps(STAND_IN)}")
        elif service.saves == "loki" and stand_in:
            lines.append(f"  {service.name}: {json.dumps({'image': STAND_IN['image']})}")
        elif lost := [name for name in service.depends_on if name in missing]:
            lines += [f"  {service.name}:", "    depends_on:", *(f"      {name}: !reset null" for name in lost)]
    return "\n".join(lines) + "\n" if len(lines) > 1 else "services: {}\n"
