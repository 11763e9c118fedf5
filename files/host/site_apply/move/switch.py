"""The steps of a move that close and open sites. At any moment, one site answers, or both show a page about the move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .. import keep_history, lock, people_servers, restore_new, times
from ..compose_file import read_compose_file
from ..docker import Project, said_by_compose
from ..errors import NotStarted, Refusal
from ..layout import Layout
from ..log import say
from ..manifest import Manifest
from ..privileged import as_root
from ..restore_databases import is_dump
from ..rollout import Rollout
from . import door, record
from .container import DUMPS, sources_of
from .record import ARRIVING, DONE, FROZEN, LEFT, MOVED, Record

_PAGES = {ARRIVING: door.ARRIVING, FROZEN: door.MOVING, MOVED: door.MOVED, LEFT: door.MOVED}


def wait_for_work(layout: Layout, manifest: Manifest, told: Record) -> int:
    """The new site closes until everything has arrived. It saves its own state in the history before."""
    with lock.held(layout):
        known = _known(manifest, told)
        project = Project(manifest.project)
        if known.state != ARRIVING and manifest.history:
            keep_history.save_now(manifest, manifest.history, project)
        _close(layout, manifest, project, replace(told, state=ARRIVING))
        _stop(layout, manifest, project, with_databases=False)
        _start_databases(layout, manifest, project)
        say("The new site is closed until everything has arrived.")
    return 0


def freeze(layout: Layout, manifest: Manifest, told: Record) -> int:
    """The old site closes: people see a page, and every program that could write stops. Its databases are dumped."""
    with lock.held(layout):
        known = _known(manifest, told)
        if known.state == MOVED:
            return 0
        project = Project(manifest.project)
        _close(layout, manifest, project, replace(told, state=FROZEN))
        say("The old site is closed: it shows a page, and its notebooks and apps stop.")
        _stop(layout, manifest, project, with_databases=False)
        _start_databases(layout, manifest, project)
        if not keep_history.dump_now(manifest, project):
            raise Refusal(
                f"The databases could not be dumped (see above), so the move waits. Go on: {told.command}. Or use this site again:"
                f" {told.command} --undo"
            )
    return 0


def leave(layout: Layout, manifest: Manifest, told: Record) -> int:
    """The old site says where it has moved to, and stays closed. From here on, the new site has the work."""
    with lock.held(layout):
        known = record.read(manifest)
        if known.state not in (FROZEN, MOVED):
            raise Refusal("This site is not closed for a move. Run the whole command: npm run move")
        project = Project(manifest.project)
        _close(layout, manifest, project, replace(known, state=MOVED))
        _stop(layout, manifest, project, with_databases=True)
        say("The old site says where it has moved to. Its data stay as they are.")
    return 0


def open_again(layout: Layout, manifest: Manifest, told: Record) -> int:
    """Opens a site: the new one after the move, or the old one again. A release repairs one that does not start."""
    with lock.held(layout):
        project = Project(manifest.project)
        door.clear(layout, manifest)
        # Before the start, so that a release can follow if it fails.
        record.remove(manifest)
        try:
            Rollout(layout, project, read_compose_file(project, layout.current)).start()
        except NotStarted as error:
            raise Refusal("The site is open, but not all of it works (see above). Fix the cause, and run pulumi up.") from error
        for source in sources_of(manifest):
            if is_dump(source):
                as_root(manifest, Path(source.path), "rm", "-rf", DUMPS, within=times.REMOVED_WITHIN)
        say(f"The site is open: {manifest.url}")
    return 0


def give_up(layout: Layout, manifest: Manifest, told: Record) -> int:
    """The new site closes in favor of the old one, which opens again. It belongs to its stack: the next release opens it."""
    with lock.held(layout):
        project = Project(manifest.project)
        if not record.read(manifest).state and manifest.history:
            # Another move to this site overwrites what was done here.
            keep_history.save_now(manifest, manifest.history, project)
        _close(layout, manifest, project, replace(told, state=LEFT))
        _stop(layout, manifest, project, with_databases=False)
        say("The new site is closed. What was done there stays there.")
    return 0


def finish(layout: Layout, manifest: Manifest, told: Record) -> int:
    """The user has finished the move: the old site may be taken down, or released again."""
    with lock.held(layout):
        known = record.read(manifest)
        if known.state not in (MOVED, DONE):
            raise Refusal("This site has not moved. Run the move first: npm run move -- --from STACK --to STACK")
        record.write(manifest, replace(known, state=DONE))
    return 0


def _known(manifest: Manifest, told: Record) -> Record:
    """The record of this move. Throws Refusal if another move has closed this site."""
    known = record.read(manifest)
    if known.is_closed and known.site != told.site:
        raise Refusal(f"This site takes part in another move. Finish it first: {known.command}, or {known.command} --undo")
    return known


def _close(layout: Layout, manifest: Manifest, project: Project, new: Record) -> None:
    """Writes the record, and shows the page of its state."""
    record.write(manifest, new)
    door.close(layout, manifest, project, _PAGES[new.state], new.url)


def _stop(layout: Layout, manifest: Manifest, project: Project, *, with_databases: bool) -> None:
    """Stops all services but nginx; the databases if nothing is dumped or loaded any more. They stay stopped after a boot."""
    kept = {each.name for each in manifest.services if each.reload or (each.load and not with_databases)}
    names = [each for each in read_compose_file(project, layout.current).services if each not in kept]
    result = project.compose(layout.current, "stop", *names, within=times.STARTED_WITHIN, changes_site=True)
    people_servers.remove(project)
    containers = project.snapshot()
    running = [each.service for each in containers.containers if each.is_running and each.service in names]
    if not result.ok or running:
        said = "".join(said_by_compose(result)[-1:])
        raise Refusal(f"These services could not be stopped: {' '.join(running)}. Run the command again. Docker says: {said}")


def _start_databases(layout: Layout, manifest: Manifest, project: Project) -> None:
    """A database that does not run would be left out without a word."""
    try:
        restore_new.start_databases(layout, manifest, project)
    except NotStarted as error:
        raise Refusal("The database does not start (see above). Fix the cause, and run the command again.") from error
