"""Makes the history: runs the package `history`, and before it the commands with which services dump their databases."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from . import data_dirs, docker, machine, people, times
from .docker import Project
from .errors import Refusal
from .history.backup_state import write_notice
from .history.config import History
from .history.store import SITE, Store
from .history.turn import RELEASE, is_postponed, run_before_release, take_turn
from .layout import Layout
from .log import say, step
from .machine import am_root
from .manifest import Manifest
from .move import record as move_record
from .privileged import as_root
from .releases import manifest_of

# Seconds that Docker may take to start a command.
_DOCKER_TAKES = 20


def keep(layout: Layout) -> int:
    """`site-apply history`: saves the current state of the work if it has changed. A timer runs this command."""
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None or manifest.history is None:
        raise Refusal("No site with a history runs here. Switch the history on: pulumi config set --path history.every 15")
    if move_record.read(manifest).is_closed:
        return 0  # Nobody works here, and what arrives is not complete.
    project = Project(manifest.project)
    # A dump needs the disk, too.
    if not manifest.history.service and is_postponed(manifest.history):
        return 0
    _dump(manifest, project, times.DUMPED_WITHIN)
    if manifest.history.service:
        _run_service(manifest.history, project, times.DUMPED_WITHIN)
    else:
        _say(take_turn(manifest.history) or [])
        write_notice(manifest.history)
    return 0


@contextmanager
def during_release(manifest: Manifest, before: Optional[Manifest], project: Project) -> Iterator[None]:
    """
    Saves the state before a release, and postpones the timer's runs until the release ends. An error is shown and does not
    stop the release.

    manifest: the new release. before: the running release; None if there is none.
    """
    if manifest.history is None:
        yield
        return
    # Somebody who is removed from the allow list has access until the release is active.
    within = times.STATE_KEPT_AT_REMOVAL if people.removed(manifest, before) else times.STATE_KEPT_WITHIN
    with Store(manifest.history.folder).locked(RELEASE):
        if before and before.history:
            try:
                with step("State before the release saved"):
                    _save_before(before, before.history, project, within)
            except Exception as error:
                say(f"The state before this release could not be saved: {error}")
        yield


def save_now(manifest: Manifest, history: History, project: Project) -> None:
    """Saves the current state before a restore, however long it takes. Throws Refusal if a database could not be dumped."""
    if not _save_before(manifest, history, project, times.KEPT_WITHIN):
        raise Refusal(
            "Nothing was restored, because the databases could not be dumped first. Free some space (df -h), or restore into a new"
            " folder beside the notebooks (--into FOLDER)."
        )


def dump_now(manifest: Manifest, project: Project) -> bool:
    """Dumps the databases for a move. Returns False if a running service could not dump its databases."""
    return _dump(manifest, project, times.DUMPED_WITHIN, "now")


def _save_before(manifest: Manifest, history: History, project: Project, within: float) -> bool:
    """Returns whether all databases were dumped."""
    is_dumped = _dump(manifest, project, within, "now")
    if history.service:
        _run_service(history, project, within)
    else:
        _say(run_before_release(history, within))
    return is_dumped


def _dump(manifest: Manifest, project: Project, within: float, *words: str) -> bool:
    """Returns False if a running service could not dump its databases."""
    is_dumped = True
    for service in [each for each in manifest.services if each.dump]:
        container = project.snapshot().running_container_of(service.name)
        if container:
            result = docker.act("exec", container, *service.dump, *words, within=within)
            if not result.ok:
                say(f"The databases could not be dumped for the history. {service.name} says: {result.last_line}")
                is_dumped = False
    return is_dumped


def _run_service(history: History, project: Project, within: float) -> None:
    container = project.snapshot().running_container_of(history.service)
    if container:
        result = docker.act("exec", container, *history.command, str(within), within=within + _DOCKER_TAKES)
        _say(result.lines)


def _say(lines: list[str]) -> None:
    for line in lines:
        say(line)


def forget_purged(manifest: Manifest) -> None:
    """Removes the states of the apps that the setting purge lists."""
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
        # Makes the next run measure the remaining trees.
        store.forget_state()


def make_folders(manifest: Manifest) -> None:
    """Creates the folder of the history, because Jupyter's container mounts a part of it. Throws Refusal."""
    if manifest.history is None:
        return
    folder = Path(manifest.history.folder)
    try:
        data_dirs.make_folder(folder)
        Store(str(folder)).make()
    except OSError as error:
        raise Refusal(
            f"The folder {folder} of the history cannot be created by {machine.user_name()}. Nothing was changed. Free some space"
            " or change the permissions, or switch the history off (pulumi config set --path history.every 0), and run pulumi up"
            " again."
        ) from error


def make_mount_point(manifest: Manifest) -> None:
    """
    Creates an empty folder among the notebooks, on which Jupyter's container mounts the history. It gets the owner of the notebooks
    folder. Throws Refusal if the folder has content, because the mount would hide it.
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
    """Creates a folder in an open folder. Returns False if the name exists."""
    try:
        os.mkdir(name, dir_fd=around)
    except FileExistsError:
        return False
    return True


def _taken(place: Path) -> Refusal:
    return Refusal(
        f"{place} already exists and would be hidden, because Jupyter shows the history of your work at this path. Nothing was"
        f" changed. Rename it (mv '{place}' '{place}-mine'), or switch the history off (pulumi config set --path history.every 0),"
        " and run pulumi up again."
    )
