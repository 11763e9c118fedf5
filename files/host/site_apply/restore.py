"""`site-apply restore`: brings files and databases back from the backup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import docker, keep_history, lock, machine, restore_databases
from .docker import Project
from .errors import Refusal
from .history.config import History, Source
from .keep_backup import site_with_backup
from .layout import Layout
from .log import say
from .manifest import Manifest
from .new_folder import checked, make_below, make_folder
from .restic import Change, Restic, Snapshot, moment_of

_SHOWN = 20
_WORDS = {"restored": "comes back", "updated": "is overwritten", "deleted": "is deleted"}


@dataclass(frozen=True)
class Wanted:
    """
    What is to be restored. at: a time in UTC, 2026-11-28T07:15:00; empty: the newest. path: `notebooks/a.ipynb`, `databases/notes`;
    empty: everything. into: a new folder beside the notebooks; empty: the place it comes from. site: the Compose project that made
    the backup; empty: this one. is_dry: changes are only listed. naming: what a user writes before the name of such a site.
    """

    at: str = ""
    path: str = ""
    into: str = ""
    site: str = ""
    is_dry: bool = False
    naming: str = "--from"


@dataclass(frozen=True)
class Part:
    """A path of a source, and the snapshot that has it."""

    source: Source
    path: str
    snapshot: Snapshot
    is_folder: bool
    kinds: dict[str, str]

    @property
    def name(self) -> str:
        """The path as people write it."""
        return f"{name_of(self.source)}/{self.path}".rstrip("/")

    @property
    def is_exact(self) -> bool:
        """A volume of an app becomes what it was: its files depend on each other. New files of people stay."""
        return name_of(self.source).startswith("apps/") and self.path == ""


def restore(layout: Layout, wanted: Wanted) -> int:
    machine.check()
    with lock.held(layout):
        manifest, backup = site_with_backup(layout)
        if manifest.history is None:
            raise Refusal("No site runs here that keeps a history, which a restore needs.")
        project = Project(manifest.project)
        restic = Restic(layout, project, backup)
        into = checked(Path(manifest.history.mount_point).parent, wanted.into)
        parts = _parts(restic, manifest.history, wanted, wanted.site or manifest.project)
        _show(restic, parts, into)
        if wanted.is_dry:
            return 0
        if into:
            make_folder(into)
        else:
            say("The current state is saved in the history first.")
            keep_history.save_now(manifest, manifest.history, project)
        for part in parts:
            # Several parts get a folder each.
            place = make_below(into, name_of(part.source)) if into and len(parts) > 1 else into
            _restore(restic, manifest, project, part, place)
    say("Everything is restored.")
    return 0


def restore_everything(layout: Layout, manifest: Manifest, project: Project, wanted: Wanted) -> None:
    """Restores all that a backup has of a site, and overwrites what is there. Throws Refusal."""
    if manifest.history is None or manifest.backup is None:
        return
    restic = Restic(layout, project, manifest.backup)
    for part in _parts(restic, manifest.history, wanted, wanted.site):
        say(f"{part.name} of {_shown(part.snapshot.moment)} (UTC) is restored.")
        _restore(restic, manifest, project, part, None)


def name_of(source: Source) -> str:
    """`notebooks`, `apps/notes/data`: its tag in the backup."""
    return source.at.partition("/")[2]


def _parts(restic: Restic, history: History, wanted: Wanted, site: str) -> list[Part]:
    sources = list(_sources_of(history, wanted.path.strip("/")))
    if not sources:
        names = ", ".join(sorted({restore_databases.shown(name_of(each)) for each in history.sources}))
        raise Refusal(f"{wanted.path} is not in the backup. Nothing was changed. There are: {names}.")
    found = restic.snapshots()
    snapshots = [each for each in found if each.site == site]
    parts = []
    for source, path in sources:
        snapshot = _newest(snapshots, name_of(source), wanted.at)
        kinds = restic.kinds_in(snapshot, path) if snapshot else {}
        if snapshot and (kinds or not path):
            parts.append(Part(source, path, snapshot, path == "" or kinds.get(path) == "dir", kinds))
    if parts:
        return parts
    times_of = sorted(each.moment for each in snapshots if each.source in {name_of(source) for source, _ in sources})
    what, before = wanted.path or "states", f" of {wanted.at} (UTC) or before" if wanted.at else ""
    others = sorted({each.site for each in found} - {site})
    if not snapshots and others:
        raise Refusal(
            f"The backup has nothing of {site}, but of {', '.join(others)}. Nothing was changed. Name the one you mean:"
            f" {wanted.naming} {others[0]}"
        )
    known = f"It has states from {_shown(times_of[0])} to {_shown(times_of[-1])}." if times_of else "It has none of it yet."
    raise Refusal(f"The backup has no {what}{before}. Nothing was changed. {known}")


def _sources_of(history: History, path: str) -> Iterator[tuple[Source, str]]:
    """The sources that a path is in, or that are in it; and the path in each."""
    path = restore_databases.in_the_backup(path)
    for source in history.sources:
        name = name_of(source)
        if name == path or name.startswith(f"{path}/") or path == "":
            yield source, ""
        elif path.startswith(f"{name}/"):
            yield source, path[len(name) + 1 :]
        elif path == restore_databases.OTHERS and name == restore_databases.NOTEBOOKS:
            yield source, ""


def _newest(snapshots: list[Snapshot], source: str, at: str) -> Optional[Snapshot]:
    fitting = [each for each in snapshots if each.source == source and (not at or each.moment <= moment_of(at))]
    return max(fitting, key=lambda each: each.moment, default=None)


def _show(restic: Restic, parts: list[Part], into: Optional[Path]) -> None:
    for part in parts:
        say(f"{part.name} of {_shown(part.snapshot.moment)} (UTC):")
        if into:
            say(f"  goes into {into}")
        elif restore_databases.is_dump(part.source):
            for database in restore_databases.in_dumps(part.kinds):
                say(f"  the database {database} becomes what it was")
        else:
            _show_changes(part, restic.changes(part.snapshot, part.path, Path(part.source.path), exact=part.is_exact))


def _show_changes(part: Part, changes: list[Change]) -> None:
    # restic lists every folder, also those around the path, whether they are there or not.
    real = [each for each in changes if part.kinds.get(each.path) != "dir" and not part.path.startswith(f"{each.path}/")]
    for change in real[:_SHOWN]:
        say(f"  {_WORDS[change.action]}: {name_of(part.source)}/{change.path}")
    if len(real) > _SHOWN:
        counts = [(word, sum(each.action == action for each in real)) for action, word in _WORDS.items()]
        say(f"  ... of {len(real)} files: " + ", ".join(f"{count} {word}" for word, count in counts if count))
    if not real:
        say("  nothing differs")


def _restore(restic: Restic, manifest: Manifest, project: Project, part: Part, into: Optional[Path]) -> None:
    if into:
        restic.restore_into(part.snapshot, part.path, into, is_folder=part.is_folder)
    elif restore_databases.is_dump(part.source):
        databases = restore_databases.in_dumps(part.kinds)
        restore_databases.restore(restic, manifest, project, part.source, part.snapshot, databases)
    else:
        with _stopped(project, part):
            restic.restore(part.snapshot, part.path, Path(part.source.path), exact=part.is_exact)


@contextmanager
def _stopped(project: Project, part: Part) -> Iterator[None]:
    """An app does not run while its files change. JupyterLab notices changed files itself."""
    words = name_of(part.source).split("/")
    container = project.snapshot().running_container_of(words[1]) if words[0] == "apps" else ""
    if not container:
        yield
        return
    docker.act("stop", container)
    try:
        yield
    finally:
        docker.act("start", container)


def _shown(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(moment))
