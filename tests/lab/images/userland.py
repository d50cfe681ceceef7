"""What surrounds a program in its image: nothing, busybox, or Debian with a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from tests.lab.images.layout import Layout
from tests.lab.programs import Ready, get

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
LIBRARIES = PurePosixPath("usr/lib/x86_64-linux-gnu")


def certificates(layout: Layout) -> None:
    """This machine's, where it has them. The lab itself speaks to nobody outside."""
    layout.file("/etc/ssl/certs/ca-certificates.crt", CERTIFICATES if CERTIFICATES.is_file() else b"")


def accounts(layout: Layout, *extra: tuple[str, int]) -> None:
    """root, nobody and the image's own user, by name: some entrypoints ask for it so."""
    users = [("root", 0, "/root"), *((name, number, "/home") for name, number in extra), ("nobody", 65534, "/home")]
    passwd = "".join(f"{name}:x:{number}:{number}:{name}:{home}:/bin/sh\n" for name, number, home in users)
    layout.file("/etc/passwd", passwd)
    layout.file("/etc/group", "".join(f"{name}:x:{number}:\n" for name, number, _ in users))
    layout.file("/etc/nsswitch.conf", "hosts: files dns\n")
    layout.folder("/root", mode=0o700)
    layout.folder("/home")
    layout.folder("/tmp", mode=0o1777)


def busybox(layout: Layout, *extra: tuple[str, int]) -> None:
    """Static busybox under the names of its applets: what images on busybox or Alpine have for a userland."""
    accounts(layout, *extra)
    certificates(layout)
    program = get("busybox").folder / "root/usr/bin/busybox"
    layout.program("/bin/busybox", program)
    listed = subprocess.run([program, "--list-full"], capture_output=True, text=True, check=True).stdout.split()
    for applet in listed:
        if applet.rpartition("/")[2] not in {"busybox", "init", "linuxrc"}:
            layout.link(f"/{applet}", "/bin/busybox")
    for folder in ("/var/run", "/var/tmp", "/usr/bin", "/usr/sbin", "/usr/local/bin"):
        layout.folder(folder, mode=0o1777 if folder.endswith("tmp") else 0o755)


def with_libraries(layout: Layout, ready: Ready, inside: str, at: str) -> None:
    """A program of Debian at its official path, with its loader and shared libraries. The official ones are static
    or linked to musl, which nothing in the stack can tell."""
    root = ready.folder / "root"
    layout.program(at, root / inside)
    layout.program("/lib64/ld-linux-x86-64.so.2", root / LIBRARIES / "ld-linux-x86-64.so.2")
    for library in sorted((root / LIBRARIES).glob("*.so*")):
        if library.is_symlink():
            layout.link(f"/lib/x86_64-linux-gnu/{library.name}", str(library.readlink()))
        elif library.is_file():
            layout.program(f"/lib/x86_64-linux-gnu/{library.name}", library)


def debian(layout: Layout, ready: Ready, *extra: tuple[str, int]) -> None:
    """The whole tree of a program of Debian: bash, coreutils, util-linux (setpriv), grep, find."""
    layout.tree(ready.folder / "root", keep=lambda path: path.parts[0] not in {"proc", "sys", "dev", "boot"})
    accounts(layout, *extra)
    certificates(layout)
