"""restic, in a container of the service that makes the backup."""

from __future__ import annotations

import calendar
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from . import times
from .docker import Project, said_by_compose
from .errors import Refusal
from .layout import Layout
from .manifest import Backup

# restic's exit codes. https://restic.readthedocs.io/en/stable/075_scripting.html
_NO_REPOSITORY, _WRONG_KEY = 10, 12
# The last line of errors of restic.sh.
_REASON = "Reason: "
# Where a container has the folder to restore into.
TARGET = "/target"
# The history has no extended attributes of its own. A container must not set those of the file system (SELinux).
_TO_TARGET = ("--target", TARGET, "--exclude-xattr", "*")


@dataclass(frozen=True)
class Snapshot:
    """
    The files of a source at a moment, in seconds since 1970. site: the Compose project that has them. source: `notebooks`,
    `apps/notes/data`.
    """

    id: str
    site: str
    source: str
    moment: float


@dataclass(frozen=True)
class Change:
    """What a restore does to a path of a source: `restored` (it is not there), `updated` or `deleted`."""

    action: str
    path: str


class Restic:
    """restic for the backup of the running site."""

    def __init__(self, layout: Layout, project: Project, backup: Backup) -> None:
        self._layout, self._project, self._backup = layout, project, backup

    def snapshots(self) -> list[Snapshot]:
        """Those of all sites in the repository."""
        lines = self._ask("snapshots", ended_within=times.BACKUP_LISTED_WITHIN)
        found = [each for line in lines if isinstance(line, list) for each in line]
        return [
            Snapshot(each["id"], each.get("hostname", ""), (each.get("tags") or [""])[0], moment_of(each["time"])) for each in found
        ]

    def kinds_in(self, snapshot: Snapshot, path: str) -> dict[str, str]:
        """The kinds (`file`, `dir`, `symlink`) of a path of a snapshot and of all below it; empty if it has no such path."""
        lines = self._ask("ls", "--recursive", snapshot.id, f"/{path}")
        return {node["path"].strip("/"): node["type"] for node in lines if "path" in node and "type" in node}

    def changes(self, snapshot: Snapshot, path: str, folder: Path, *, exact: bool) -> list[Change]:
        """What restore() would change, by paths below the source."""
        lines = self._ask(*_restore(snapshot, path, exact), "--dry-run", "-vv", folder=folder)
        return [
            Change(line["action"], line["item"].removeprefix(TARGET).strip("/"))
            for line in lines
            if line.get("message_type") == "verbose_status" and line["action"] != "unchanged"
        ]

    def restore(self, snapshot: Snapshot, path: str, folder: Path, *, exact: bool) -> None:
        """
        Restores a path of a snapshot in its place; all of it if the path is empty.

        folder: that of the source. exact: whether what the snapshot has not is deleted.
        """
        self._ask(*_restore(snapshot, path, exact), folder=folder)

    def restore_into(self, snapshot: Snapshot, path: str, folder: Path, *, is_folder: bool) -> None:
        """Restores a file, or what is in a folder, into another folder."""
        around, _, name = (path, "", "") if is_folder else path.rpartition("/")
        include = ["--include", f"/{_literal(name)}"] if name else []
        self._ask("restore", f"{snapshot.id}:/{around}", *_TO_TARGET, *include, folder=folder)

    def _ask(self, *words: str, folder: Optional[Path] = None, ended_within: int = 0) -> list[Any]:
        """
        The lines of JSON that a command of restic prints. Throws Refusal if it fails.

        ended_within: seconds after which restic is ended; 0: never.

        restic locks nothing: a backup that was killed may have left a lock, and no restore must wait until it is stale. If old
        snapshots are removed at the same moment, restic fails, and the same command restores again.
        """
        files = [self._with_folder(folder)] if folder else []
        entrypoint = " ".join(self._backup.restic)
        # Without this variable, restic reads the snapshots of all sites.
        environment = ("--env", "RESTIC_HOST=", "--env", f"WITHIN={ended_within or ''}")
        options = ("--rm", "--no-deps", "-T", *environment, "--entrypoint", entrypoint)
        run = ("--profile", "backup", "run", *options, self._backup.service)
        try:
            result = self._project.compose(
                self._layout.current, *run, *words, "--json", "--no-lock", within=times.BACKED_UP_WITHIN, more_files=files
            )
        finally:
            for file in files:
                file.unlink()
        if not result.ok:
            raise self._refusal(result.code, said_by_compose(result))
        return list(_json_in(result.lines))

    def _with_folder(self, folder: Path) -> Path:
        """A file for Compose that gives the service one more folder. No container sees more than one folder of the data."""
        mount = {"type": "bind", "source": str(folder).replace("$", "$$"), "target": TARGET}
        file = self._layout.root / "restore.json"
        file.write_text(json.dumps({"services": {self._backup.service: {"volumes": [mount]}}}), "utf-8")
        return file

    def _refusal(self, code: int, lines: list[str]) -> Refusal:
        where = self._backup.destination
        if code == _NO_REPOSITORY:
            return Refusal(
                f"There is no backup at {where}. Nothing was changed. If its disk is not mounted, mount it. The first backup is"
                f" made within the hour, or now: sh '{self._layout.program}' backup"
            )
        if code == _WRONG_KEY:
            return Refusal(
                f"The key of this stack does not open the backup at {where}: another key made it. Nothing was changed. Set that key"
                " (pulumi config set --secret --path backup.key), run pulumi up, and restore again."
            )
        reasons = [line[len(_REASON) :] for line in lines if line.startswith(_REASON)]
        said = (reasons or lines or [f"exit code {code}"])[-1]
        return Refusal(f"The backup at {where} could not be read. restic says: {said}")


def _json_in(lines: list[str]) -> Iterator[Any]:
    """Compose prints other lines between those of restic."""
    for line in lines:
        if line.startswith(("{", "[")):
            try:
                yield json.loads(line)
            except ValueError:
                continue


def moment_of(text: str) -> float:
    """Seconds since 1970 of a time such as 2026-11-28T07:15:00Z. Containers and backups have UTC."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def _restore(snapshot: Snapshot, path: str, exact: bool) -> list[str]:
    include = ["--include", f"/{_literal(path)}"] if path else []
    return ["restore", snapshot.id, *_TO_TARGET, *include, *(["--delete"] if exact else [])]


def _literal(path: str) -> str:
    """A path as a pattern of restic that fits only this path, and all below it."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in path)
