"""Restores the work of another site into a new one, before it opens: the setting `backup.restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from . import restore, times
from .docker import Project
from .errors import NotStarted, Refusal
from .health import is_ready
from .history.config import Source
from .layout import Layout
from .log import say
from .manifest import Manifest, RestoreFrom

# A file in the state of the backup: `begun SITE TIME` or `done SITE TIME`. An interrupted restore is repeated by the next release.
_RECORD = "restored-from"
_SETTING = "pulumi config set --path backup.restore.from"


def check(manifest: Manifest) -> None:
    """Throws Refusal if the restore would overwrite work."""
    if not _is_due(manifest) or manifest.history is None or _record(manifest).startswith("begun "):
        return
    for source in manifest.history.sources:
        if _has_content(source):
            raise Refusal(
                f"backup.restore is for a new stack, but {source.path} has files already, which the restore would overwrite."
                " Nothing was changed. Remove the setting (pulumi config rm --path backup.restore), and run pulumi up again. Then"
                " restore what you need: npm run restore"
            )


def restore_new(layout: Layout, manifest: Manifest, project: Project) -> None:
    """Restores everything, if that has not been done. Throws NotStarted if it fails."""
    wanted = _wanted(manifest)
    if wanted is None or not _is_due(manifest):
        return
    _write_record(manifest, "begun", wanted)
    say(f"The work of {wanted.site} is restored from the backup before this site opens.")
    try:
        start_databases(layout, manifest, project)
        restore.restore_everything(layout, manifest, project, restore.Wanted(at=wanted.at, site=wanted.site, naming=_SETTING))
    except Refusal as reason:
        say(str(reason))
        raise NotStarted from reason
    _write_record(manifest, "done", wanted)


def start_databases(layout: Layout, manifest: Manifest, project: Project) -> None:
    """Starts the services with databases, and nothing else. Throws Refusal or NotStarted."""
    for service in [each for each in manifest.services if each.load]:
        words = ("up", "--detach", "--no-deps", "--no-build", "--pull", "never", service.name)
        if not project.compose(layout.current, *words, within=times.STARTED_WITHIN, changes_site=True).ok:
            raise Refusal(f"{service.name} could not be started, so its databases were not restored.")
        if not is_ready(project.snapshot(), manifest, service.name):
            raise NotStarted(service.name)


def _wanted(manifest: Manifest) -> Optional[RestoreFrom]:
    return manifest.backup.restore if manifest.backup else None


def _is_due(manifest: Manifest) -> bool:
    wanted = _wanted(manifest)
    return wanted is not None and _record(manifest) != _line("done", wanted)


def _line(state: str, wanted: RestoreFrom) -> str:
    return f"{state} {wanted.site} {wanted.at}".rstrip()


def _file(manifest: Manifest) -> Path:
    return Path(manifest.backup.state if manifest.backup else "") / _RECORD


def _record(manifest: Manifest) -> str:
    try:
        return _file(manifest).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def _write_record(manifest: Manifest, state: str, wanted: RestoreFrom) -> None:
    new = _file(manifest).with_suffix(".new")
    new.write_text(_line(state, wanted) + "\n", "utf-8")
    new.replace(_file(manifest))


def _has_content(source: Source) -> bool:
    try:
        return any(name not in source.without for name in os.listdir(source.path))
    except FileNotFoundError:
        return False
    except PermissionError:
        # It belongs to a user of a container, who has made it.
        return True
