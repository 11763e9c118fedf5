"""Activates a release: points the links at it and reloads running services."""

from __future__ import annotations

from collections.abc import Collection

from . import docker, times
from .docker import Project
from .errors import NotStarted
from .health import show_failure
from .layout import Layout, link, target_of
from .manifest import Manifest
from .releases import manifest_of


def current(layout: Layout) -> Manifest:
    """The manifest of the current release."""
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise FileNotFoundError(f"{layout.current} has no release")
    return manifest


def activate_release(layout: Layout, target: str, newest: str) -> None:
    """
    Points the link `current` at a release, and the links `current` of its services at their files and secrets in this release.

    target: the release, `releases/ID`. newest: the id of the newest release, whose allow lists a rollback may keep; see
    rollback.keep_lists.
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
    Reloads every service whose files changed since its last reload. Throws NotStarted if a service refuses its new files.

    The file `.loaded` records what a service has loaded, because an unnecessary reload would close every open WebSocket. The reload
    is a command in the container and not a signal: after `docker kill` with any signal, Docker would not start the container at the
    next boot.

    running: the containers that ran before the release. All other containers read the new files when they started.
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
                show_failure(service.name, container, "keeps its previous files")
                raise NotStarted
        loaded.write_text(f"{state}\n")
