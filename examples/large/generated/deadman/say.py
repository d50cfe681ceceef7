"""Posts what is on its standard input to Slack, past Prometheus and Alertmanager: for `ops`, when those are what broke.

    python3 -B /app/say.py < text

Ends with 0 when the webhook took it, with 1 and a word why when not; the address is never named.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from webhook import read_webhook, request


def main() -> int:
    address, wrong = read_webhook(Path(os.environ["DEADMAN_WEBHOOK_FILE"]))
    channel = os.environ.get("DEADMAN_CHANNEL", "")
    payload = {"text": sys.stdin.read().strip()} | ({"channel": channel} if channel else {})
    result = wrong or request(address, payload)
    if result != "ok":
        print(result, file=sys.stderr)
    return int(result != "ok")


if __name__ == "__main__":
    sys.exit(main())
