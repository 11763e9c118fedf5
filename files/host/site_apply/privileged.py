"""Runs commands as root. A user who may use Docker can do that in a container."""

from __future__ import annotations

from pathlib import Path

from . import docker
from .command import Result, run
from .machine import am_root
from .manifest import Manifest


def as_root(manifest: Manifest, folder: Path, *argv: str, within: float) -> Result:
    """Runs a command as root in a folder; through a container that sees only this folder if this user is not root."""
    if am_root():
        return run(argv, within=within, cwd=folder)
    return in_container(manifest, folder, "0:0", *argv, within=within)


def in_container(manifest: Manifest, folder: Path, user: str, *argv: str, within: float) -> Result:
    """Runs a common command as a user, in a container of the site's first image that sees only this folder."""
    options = ["--rm", "--network", "none", "--user", user, "--mount", mount_of(folder), "--workdir", "/folder"]
    image = manifest.images[0].reference
    return docker.act("run", *options, "--entrypoint", argv[0], image, *argv[1:], within=within)


def mount_of(folder: Path) -> str:
    """Value of --mount, in CSV format."""
    quoted = str(folder).replace('"', '""')
    return f'type=bind,"source={quoted}",target=/folder'
