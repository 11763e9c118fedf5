"""The history, as commands of this program make it: the package `history` makes the trees, services dump their databases."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from . import data_dirs, docker, machine, times
from .docker import Project
from .errors import Refusal
from .history.config import History
from .history.store import SITE, Store
from .history.turn import RELEASE, run_before_release, take_turn
from .layout import Layout
from .log import say
from .machine import am_root
from .manifest import Manifest
from .privileged import as_root
from .releases import manifest_of

# Seconds that Docker takes to start a command.
_DOCKER_TAKES = 20


def keep(layout: Layout) -> int:
    """`site-apply history`: keeps the present state if something has changed; the timer of a release runs it."""
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None or manifest.history is None:
        raise Refusal("No site runs here that keeps a history. Switch it on: pulumi config set --path history.every 15")
    project = Project(manifest.project)
    _dump(manifest, project, times.DUMPED_WITHIN)
    if manifest.history.service:
        _run_service(manifest.history, project, times.DUMPED_WITHIN)
    else:
        _say(take_turn(manifest.history) or [])
    return 0


@contextmanager
def set_aside(manifest: Manifest, before: Optional[Manifest], project: Project) -> Iterator[None]:
    """Keeps the state before a release, and keeps the timer's runs out of its way. Neither of them can hold up the release."""
    if manifest.history is None:
        yield
        return
    with Store(manifest.history.folder).locked(RELEASE):
        if before and before.history:
            try:
                _keep(before, before.history, project, times.STATE_KEPT_WITHIN)
            except Exception as error:
                say(f"The state before this release could not be kept: {error}")
        yield


def keep_now(manifest: Manifest, history: History, project: Project) -> None:
    """Keeps the present state before something is overwritten, however long it takes."""
    _keep(manifest, history, project, times.KEPT_WITHIN)


def _keep(manifest: Manifest, history: History, project: Project, within: float) -> None:
    _dump(manifest, project, within, "now")
    if history.service:
        _run_service(history, project, within)
    else:
        _say(run_before_release(history, within))


def _dump(manifest: Manifest, project: Project, within: float, *words: str) -> None:
    running = set(project.containers(running=True))
    for service in manifest.services:
        container = project.container_of(service.name) if service.dump else ""
        if container in running:
            result = docker.act("exec", container, *service.dump, *words, within=within)
            if not result.ok:
                say(f"The databases could not be dumped for the history. {service.name} says: {result.last_line}")


def _run_service(history: History, project: Project, within: float) -> None:
    container = project.container_of(history.service)
    if container in project.containers(running=True):
        result = docker.act("exec", container, *history.command, str(within), within=within + _DOCKER_TAKES)
        _say(result.lines)


def _say(lines: list[str]) -> None:
    for line in lines:
        say(line)


def forget_purged(manifest: Manifest) -> None:
    """Removes the states of apps whose data are to go."""
    if manifest.history is None:
        return
    store = Store(manifest.history.folder)
    for each in manifest.purge:
        if not re.fullmatch("[a-z0-9-]+", each.app):
            continue
        trees = ["-path", f"./{SITE}/apps/{each.app}", "-prune", "-exec", "rm", "-rf", "{}", "+"]
        dumps = ["-path", f"./*/{each.app}.sql.gz", "-delete"]
        for what in (trees, dumps):
            if not as_root(manifest, store.folder, "find", f"./{SITE}", "./dumps", *what, within=times.REMOVED_WITHIN).ok:
                say(f"The history of {each.app} could not be removed ({store.folder}).")
        # The next run measures what is left.
        store.forget_state()


def make_folders(manifest: Manifest) -> None:
    """The folder of the history. Jupyter's container mounts a part of it, which has to be there."""
    if manifest.history is None:
        return
    folder = Path(manifest.history.folder)
    try:
        data_dirs.make_folder(folder)
        Store(str(folder)).make()
    except OSError as error:
        raise Refusal(
            f"The folder {folder} cannot be made by {machine.user_name()}. Nothing was changed. Give it the room it needs, or keep"
            " no history (pulumi config set --path history.every 0), and run pulumi up again."
        ) from error


def make_mount_point(manifest: Manifest) -> None:
    """
    An empty folder beside the notebooks, on which Jupyter has the history. It is its user's who owns the notebooks. One that is not
    empty would be hidden.
    """
    if manifest.history is None or not manifest.history.mount_point:
        return
    place = Path(manifest.history.mount_point)
    around = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        is_new = _make_in(around, place.name)
        try:
            folder = os.open(place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
        except OSError as error:
            raise _taken(place) from error
        try:
            if is_new:
                os.fchmod(folder, 0o755)
                if am_root():
                    owner = os.fstat(around)
                    os.fchown(folder, owner.st_uid, owner.st_gid)
            elif os.listdir(folder):
                raise _taken(place)
        finally:
            os.close(folder)
    finally:
        os.close(around)


def _make_in(around: int, name: str) -> bool:
    """Whether it was not there."""
    try:
        os.mkdir(name, dir_fd=around)
    except FileExistsError:
        return False
    return True


def _taken(place: Path) -> Refusal:
    return Refusal(
        f"There is something of yours at {place}, which the history of your work would hide in Jupyter. Nothing was changed. Rename"
        f" it (mv '{place}' '{place}-mine'), or keep no history (pulumi config set --path history.every 0), and run pulumi up"
        " again."
    )
