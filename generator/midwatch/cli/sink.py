"""``midwatch sink``: a stand-in for Slack that shows messages as Slack would."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal
from midwatch.errors import MidwatchError, TargetError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from midwatch.sink.message import Message


@click.command("sink", short_help="Show messages as Slack would, without Slack.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", default=8098, show_default=True,
              help="Port to listen on, or to publish with --into-project.")  # fmt: skip
@click.option("--allow", metavar="NAME", multiple=True,
              help="Accept requests to this host name as well; may be repeated.")  # fmt: skip
@click.option("--into-project", is_flag=True,
              help="Listen to nothing; write the stand-in into the project as a service of its stack.")  # fmt: skip
@formats("text", "json")
@common
@with_context
def command(
    folder: Path, terminal: Terminal, host: str, port: int, allow: tuple[str, ...], into_project: bool,
    output_format: str,
) -> None:  # fmt: skip
    """Listen where Slack would, and show each message as Slack would.

    Takes what Alertmanager and the dead-man sidecar post to a webhook, on any path, until Ctrl-C; the same messages
    are on the page at the address. A path that begins with /status/404/ is answered with 404, as by a webhook that was
    revoked. Containers do not reach loopback: for a stack that runs in Docker use --into-project.
    """
    if into_project:
        _install(folder, terminal, port, output_format)
        return
    from midwatch.sink.server import Sink

    as_json = output_format == "json"
    show = _line if as_json else _Screen()
    try:
        sink = Sink(host, port, show, allow)
    except (OSError, OverflowError) as error:
        raise MidwatchError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
            hint="is another one running? --port takes another port, 0 any that is free",
        ) from error
    address = f"http://{host}:{sink.server_address[1]}"
    terminal.say(f"listening on {address}: open it in a browser, post to {address}/midwatch, stop with Ctrl-C")
    if host in ("0.0.0.0", "::"):  # noqa: S104 (told to)
        terminal.say("everyone who reaches this machine can read the messages and post some")
    _serve(sink)


def _serve(sink: object) -> None:
    """Until Ctrl-C, or until nobody reads the output any more."""
    from midwatch.sink.server import Sink

    assert isinstance(sink, Sink)
    closed = threading.Event()
    heard = sink.heard

    def careful(message: Message) -> None:
        try:
            heard(message)
        except BrokenPipeError:
            closed.set()
            threading.Thread(target=sink.shutdown, daemon=True).start()

    sink.heard = careful
    try:
        sink.serve_forever()
    except KeyboardInterrupt:
        return
    finally:
        sink.server_close()
    if closed.is_set():
        raise BrokenPipeError


def _line(message: Message) -> None:
    """One line of JSON per message."""
    sys.stdout.write(json.dumps(message.document(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Screen:
    """Prints messages with a bar at the left, as Slack does."""

    def __init__(self) -> None:
        self.console: Console | None = None

    def __call__(self, message: Message) -> None:
        from rich.console import Console

        if self.console is None:
            self.console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100, highlight=False)
        with self.console.capture() as capture:
            for part in rendered(message, self.console.width):
                self.console.print(part, soft_wrap=True)
        # Not by rich itself, which ends the program with exit code 1 when a pipe is closed.
        sys.stdout.write(capture.get() + "\n")
        sys.stdout.flush()


def rendered(message: Message, width: int) -> list[RenderableType]:
    """The lines of a message for a terminal of that width."""
    import time

    from rich.console import Console
    from rich.text import Text

    from midwatch.sink.notation import spans

    styles = {"bold": "bold", "italic": "italic", "strike": "strike", "code": "red on grey11", "": ""}
    lines = [
        Text.assemble(
            (message.sender, "bold"), "  ", (message.channel, "cyan"), "  ",
            (time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(message.at)), "dim"),
        )
    ]  # fmt: skip
    plain = Console(width=width, color_system=None)

    def add(text: Text, bar: str, color: str) -> None:
        # Two columns for the bar; words are cut only where a line has no space.
        for line in text.wrap(plain, max(width - 2, 20)):
            line.rstrip()
            lines.append(Text.assemble((f"{bar} ", color), line))

    def told(text: str) -> Text:
        return Text.assemble(
            *((s.text, f"{styles[s.style]} link {s.link}".strip() if s.link else styles[s.style]) for s in spans(text))
        )

    if message.text:
        add(told(message.text), " ", "")
    for part in message.attachments:
        if part.title:
            add(Text(part.title, f"bold link {part.link}" if part.link else "bold"), "┃", part.color)
        if part.text:
            add(told(part.text), "┃", part.color)
    return list(lines)


def _install(folder: Path, terminal: Terminal, port: int, output_format: str) -> None:
    from midwatch.plan.build import build
    from midwatch.regenerate.place import place
    from midwatch.render.project import known, spec_path
    from midwatch.sink.install import ADDRESS, FRAGMENT, installation
    from midwatch.spec.load import read_source
    from midwatch.spec.source import read_bytes

    # The fragments are not asked for: the spec may name the very one that is written here.
    file = spec_path(folder)
    spec = read_source(read_bytes(file), str(file), known=known()).spec
    if spec.environment == "production":
        raise TargetError(
            "this is a production stack, and the stand-in tells nobody anything",
            hint="try it with 'environment: staging' or 'environment: development' in stack.yaml",
        )
    made = installation(build(spec), port)
    written = place(folder, {path: text.encode() for path, text in made.files.items()})
    if output_format == "json":
        terminal.json(
            {"format": 1, "created": list(written), "listed": made.listed, "address": ADDRESS,
             "page": f"http://127.0.0.1:{port}"}
        )  # fmt: skip
        return
    for path in written:
        terminal.result(f"created   {path}")
    if not made.listed:
        terminal.say(f"next: add 'extra: {{compose: [{FRAGMENT}]}}' to stack.yaml, then 'midwatch generate'")
    # A value that is there is replaced only when it is said to be.
    there = (folder / "secrets" / spec.alerting.slack.webhook_secret).exists()
    rotate = " --rotate slack_webhook_url" if there else ""
    terminal.say(f"the webhook: echo {ADDRESS} | midwatch secrets --stdin slack_webhook_url{rotate}")
    terminal.say(f"the messages: http://127.0.0.1:{port}, or docker compose logs --follow sink")
