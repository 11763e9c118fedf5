"""Points everything at a release, and has services read their files again that do so as they run."""

from __future__ import annotations

from collections.abc import Collection

from . import docker, times
from .docker import Project
from .errors import NotStarted
from .health import tell_why
from .layout import Layout, link, target_of
from .manifest import Manifest
from .releases import manifest_of


def current(layout: Layout) -> Manifest:
    """What the current release says."""
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise FileNotFoundError(f"{layout.current} has no release")
    return manifest


def switch_to(layout: Layout, target: str, newest: str) -> None:
    """
    The link `current`, and the one of each service that reads its files again by itself.

    newest: the release that a rollback comes from, if it is one; see rollback.keep_lists.
    """
    link(target, layout.current)
    for service in current(layout).services:
        if service.reload:
            folder = layout.files / service.name
            kept = f"{service.files}.{newest}"
            link(kept if (folder / kept).is_dir() else service.files, folder / "current")
        if service.secrets:
            link(service.secrets, layout.secrets / service.name / "current")


def reload(layout: Layout, project: Project, running: Collection[str]) -> None:
    """
    Has each of those services read what it does not hold yet. What it holds is written down, because a reload that changes nothing
    would still close every open WebSocket. By a command in the container, and not by `docker kill`, whatever the signal: Docker
    takes that for a stop by hand, and leaves the container down after the next boot.

    running: the containers that ran before; any other one has read its files when it started.
    """
    for service in current(layout).services:
        if not service.reload:
            continue
        folder = layout.files / service.name
        loaded = folder / ".loaded"
        container = project.container_of(service.name)
        state = f"{target_of(folder / 'current')} {container}"
        if loaded.is_file() and loaded.read_text().strip() == state:
            continue
        if container in running:
            result = docker.ask("exec", container, *service.reload, within=times.RELOAD_WITHIN)
            if not result.ok:
                tell_why(service.name, container, "goes on with the files that it had")
                raise NotStarted
        loaded.write_text(f"{state}\n")
