"""Redis loses its volume, and its replica's copy takes the place; the same with Redis alive."""

from __future__ import annotations

from tests.lab.cache import LabError
from tests.lab.engine import Engine
from tests.lab.failover import A_SECOND, CHANGES, Failover, after_a_loss, with_redis_alive
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import running
from tests.stack.programs import until

ENGINES = {"redis": "Redis", "valkey": "Valkey"}


def record(engine: Engine) -> tuple[Data, Images]:
    cases: list[Data] = []
    images: Images = {}
    for name in ENGINES:
        with running(engine, "sva-studio", {"redis": {**CHANGES, "engine": name}}) as stack:
            if stack.problem or "redis" in stack.missing:
                raise LabError(f"{name}: {stack.problem or stack.missing['redis']}")
            until(lambda: stack.ops("status").returncode == 0, "ops status is content", 90)
            cases.append({"engine": name, "lost_volume": True, **_figures(after_a_loss(stack))})
            cases.append({"engine": name, "lost_volume": False, **_figures(with_redis_alive(stack))})
            images |= {service: image for service, image in stack.images.items() if service not in images}
            images[f"redis ({name})"] = stack.images["redis"]
    return {"cases": cases}, images


def _figures(one: Failover) -> Data:
    return {
        "sessions": len(one.made.sessions),
        "lost": len(one.lost),
        "told": round(one.told, 1),
        "took": round(one.took, 1),
        "away": round(one.made.pause, 1),
    }


def show(data: Data) -> list[str]:
    rows = [
        [ENGINES[one["engine"]], "killed, its volume emptied" if one["lost_volume"] else "alive",
         f"{one['sessions']}", f"**{one['lost']}**", f"{one['told']:.0f} s" if one["lost_volume"] else "",
         f"{one['took']:.0f} s", f"{one['away']:.1f} s"]
        for one in data["cases"]
    ]  # fmt: skip
    return [
        "With `redis.replica: true`, while an app writes sessions all the time and repeats each that was not "
        "acknowledged. A person calls `./ops failover redis` when the alert `RedisDown` fires; with Redis alive, at "
        "once. Goals: a lost volume costs what was written in a second, at most; with Redis alive nothing.", "",
        *table(["server", "what happened to it", "sessions acknowledged", "lost", "alert after", "the command took",
                "no write got through for"], rows),
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    return [
        f"{one['engine']}, {'volume lost' if one['lost_volume'] else 'alive'}: {one['lost']} sessions lost"
        for one in data["cases"]
        if one["lost"] > (A_SECOND if one["lost_volume"] else 0)
    ]


SECTION = Section("failover", 72, "A replica takes the place of a lost volume", record, show, problems)
