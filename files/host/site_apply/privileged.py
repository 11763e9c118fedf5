"""Commands with root's rights, which whoever may talk to Docker has by a container."""

from __future__ import annotations

from pathlib import Path

from . import docker
from .command import Result, run
from .machine import am_root
from .manifest import Manifest


def as_root(manifest: Manifest, folder: Path, *argv: str, within: float) -> Result:
    """Runs a command in a folder. In a container it has nothing else of this machine."""
    if am_root():
        return run(argv, within=within, cwd=folder)
    return in_container(manifest, folder, "0:0", *argv, within=within)


def in_container(manifest: Manifest, folder: Path, user: str, *argv: str, within: float) -> Result:
    """Runs a command that any image has, as a user, in a container of the site's first image with that folder alone."""
    options = ["--rm", "--network", "none", "--user", user, "--mount", mount_of(folder), "--workdir", "/folder"]
    image = manifest.images[0].reference
    return docker.act("run", *options, "--entrypoint", argv[0], image, *argv[1:], within=within)


def mount_of(folder: Path) -> str:
    """The value of --mount, a line of CSV."""
    quoted = str(folder).replace('"', '""')
    return f'type=bind,"source={quoted}",target=/folder'
