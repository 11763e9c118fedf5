"""Undoes at a release what was changed by hand and Compose does not see: files, networks and limits of running containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .. import docker, times
from ..docker import Container
from ..layout import Layout
from ..manifest import Manifest
from .expected import Wanted


@dataclass(frozen=True)
class Stale:
    """A container that Compose would keep. why: end of a sentence that says what was changed; empty: only limits were."""

    container: Container
    wanted: Wanted
    why: str

    @property
    def is_recreated(self) -> bool:
        return self.why != ""


def mark(layout: Layout, services: Iterable[str]) -> None:
    """Remembers services whose files had been changed until a release succeeds: their containers may have read these files."""
    known = marked(layout)
    new = [service for service in services if service not in known]
    if new:
        with layout.changed.open("a") as file:
            file.writelines(f"{service}\n" for service in new)


def marked(layout: Layout) -> set[str]:
    return set(layout.changed.read_text().split()) if layout.changed.is_file() else set()


def stale_containers(
    manifest: Manifest, wanted: dict[str, Wanted], containers: Sequence[Container], changed: set[str]
) -> list[Stale]:
    """The containers to undo. changed: services whose files had been changed."""
    found = []
    for container in containers:
        one = wanted.get(container.service)
        if container.is_one_off or one is None or container.hash != one.hash:
            continue
        why = ""
        if set(container.networks) - {"none"} != set(one.networks):
            why = "its networks were changed by hand"
        elif container.service in changed and not manifest.service(container.service).reload:
            why = "its files had been changed by hand"
        if why or (container.restart, container.memory, container.pids) != (one.restart, one.memory, one.pids):
            found.append(Stale(container, one, why))
    return found


def undo(layout: Layout, manifest: Manifest, stale: Sequence[Stale]) -> None:
    """Removes containers, so that the release creates them; sets limits; makes nginx read its files again."""
    for each in stale:
        if each.is_recreated:
            docker.act("stop", each.container.id, within=times.STARTED_WITHIN)
            docker.act("rm", "--force", each.container.id)
        else:
            docker.act("update", *_options(each), each.container.id)
    for service in marked(layout):
        if manifest.service(service).reload:
            (layout.files / service / ".loaded").unlink(missing_ok=True)


def _options(stale: Stale) -> list[str]:
    """Only what differs: an engine without swap limits refuses the others."""
    found, wanted = stale.container, stale.wanted
    options = []
    if found.restart != wanted.restart:
        options += ["--restart", wanted.restart]
    if found.memory != wanted.memory and wanted.memory:
        options += ["--memory", str(wanted.memory), "--memory-swap", str(2 * wanted.memory)]
    if found.pids != wanted.pids:
        options += ["--pids-limit", str(wanted.pids or -1)]
    return options


def announced(service: str, stale: Sequence[Stale]) -> str:
    """Why a release recreates a container; empty if it does not because of a change by hand."""
    return next((each.why for each in stale if each.container.service == service), "")


def forget(layout: Layout) -> None:
    """After a release that has succeeded."""
    layout.changed.unlink(missing_ok=True)
