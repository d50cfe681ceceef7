"""``midwatch pin``: ask the registries for digests, and write them into stack.yaml."""

from __future__ import annotations

from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal
from midwatch.errors import ExitCode, MidwatchError


@click.command("pin", short_help="Pin images to digests, by asking their registries.")
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--shipped", is_flag=True, help="Take the tags that this midwatch ships, whatever stack.yaml pins now.")
@click.option("--dry-run", is_flag=True, help="Only say what would be pinned; exit code 1 if anything would change.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path, terminal: Terminal, components: tuple[str, ...], shipped: bool, dry_run: bool, output_format: str
) -> int:
    """Pin images to digests, by asking their registries.

    Writes tag and digest of each component (or of those that are named) under images.overrides of stack.yaml; comments
    and all else stay. Then 'midwatch generate' puts them into compose.yaml. Needs the registry, and no Docker.
    """
    from midwatch.merge import ending
    from midwatch.pin.images import images
    from midwatch.pin.registry import Reference, digest_of
    from midwatch.pin.write import Pin, pinned
    from midwatch.render.project import load_project

    spec = load_project(folder).spec
    found = images(spec, shipped=shipped)
    if unknown := sorted(set(components) - set(found)):
        raise MidwatchError(
            f"there is no component {', '.join(unknown)}", hint=f"those with an image: {', '.join(found)}"
        )
    wanted = {name: image for name, image in found.items() if not components or name in components}
    asked: dict[Reference, str] = {}
    pins: dict[str, Pin] = {}
    for name, (repository, tag) in wanted.items():
        reference = Reference.of(repository, tag)
        if reference not in asked:
            asked[reference] = digest_of(reference)
        pins[name] = Pin(tag, asked[reference])
    file = folder / "stack.yaml"
    before = file.read_bytes()
    text = ending.plain(before)
    after = ending.like(before, text, pinned(text, pins))
    if after != before and not dry_run:
        # In one step: a full disk or a kill leaves the old one.
        new = file.with_name(f".{file.name}.new")
        new.write_bytes(after)
        new.chmod(file.stat().st_mode)
        new.replace(file)
    if output_format == "json":
        shown = {name: {"tag": pin.tag, "digest": pin.digest} for name, pin in pins.items()}
        terminal.json({"format": 1, "pins": shown, "changed": after != before})
    else:
        for name, pin in pins.items():
            terminal.say(f"{name}  {pin.tag}@{pin.digest}")
        if after != before:
            terminal.say("would write stack.yaml" if dry_run else "wrote stack.yaml; next: 'midwatch generate'")
        else:
            terminal.say("stack.yaml has them already")
    return ExitCode.FINDINGS if dry_run and after != before else ExitCode.DONE
