"""A compose file of any length."""

from __future__ import annotations

SERVICE = """\
  # Service number {number}
  service-{number}:
    image: registry.example.com/team/service-{number}:1.{number}
    command:
      - --config.file=/etc/service/config.yml
      - --web.listen-address=:9090
    environment:
      GOMEMLIMIT: 50MiB
    restart: unless-stopped
    read_only: true
    cap_drop:
      - ALL
    deploy:
      resources:
        limits:
          cpus: "0.15"
          memory: 64m
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/healthy"]
      interval: 10s
      retries: 3
    networks:
      monitoring: {{}}
    volumes:
      - ./service-{number}:/etc/service:ro

"""


def both_sides(lines: int, *, wide: bool) -> tuple[str, str, str]:
    """Base, ours and theirs: each side changes another key of every service, and theirs adds one. ``wide``: ours is
    also re-indented as a whole."""
    base = large(lines)
    ours = base.replace("retries: 3", "retries: 5 # by hand")
    theirs = base.replace("memory: 64m", "memory: 80m")
    theirs = theirs.replace("\nnetworks:", "\n  new:\n    image: new:1\n\nnetworks:")
    if wide:
        ours = "\n".join(" " * (len(line) - len(line.lstrip(" "))) + line for line in ours.split("\n"))
    return base, ours, theirs


def large(lines: int) -> str:
    """A compose file of at least so many lines."""
    count = lines // SERVICE.count("\n") + 1
    services = "".join(SERVICE.format(number=number) for number in range(count))
    return f"name: large\n\nservices:\n{services}networks:\n  monitoring:\n    internal: true\n"
