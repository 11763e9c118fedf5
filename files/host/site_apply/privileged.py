"""Runs commands as root. A user who is not root does this in a container."""

from __future__ import annotations

from pathlib import Path

from . import docker
from .command import Result, run
from .machine import am_root
from .manifest import Manifest


def as_root(manifest: Manifest, folder: Path, *argv: str, within: float) -> Result:
    """
    Runs a command as root in a folder. If this user is not root, it runs in a container that sees only this folder.

    within: seconds.
    """
    if am_root():
        return run(argv, within=within, cwd=folder)
    return in_container(manifest, folder, "0:0", *argv, within=within)


def in_container(manifest: Manifest, folder: Path, user: str, *argv: str, within: float) -> Result:
    """
    Runs a command in a container that sees only this folder. The container uses the site's first image.

    user: `UID:GID`. within: seconds.
    """
    options = ["--rm", "--network", "none", "--user", user, "--mount", mount_of(folder), "--workdir", "/folder"]
    image = manifest.images[0].reference
    return docker.act("run", *options, "--entrypoint", argv[0], image, *argv[1:], within=within)


def mount_of(folder: Path) -> str:
    """The value of the option --mount, in CSV format."""
    quoted = str(folder).replace('"', '""')
    return f'type=bind,"source={quoted}",target=/folder'
