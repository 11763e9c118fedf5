"""Databases in the backup: their dumps, which MariaDB's container loads."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import docker, times
from .docker import Project
from .errors import Refusal
from .history.config import Source
from .log import say
from .manifest import Manifest
from .new_folder import make_for_dumps
from .restic import Restic, Snapshot

# Tags in the backup: the database of notebooks, and all others. People see one folder of them.
NOTEBOOKS, OTHERS = "database", "databases"
_DUMP = ".sql.gz"


def in_the_backup(path: str) -> str:
    """`databases/notes` → `databases/notes.sql.gz`, `databases/notebooks` → `database/notebooks.sql.gz`; others unchanged."""
    folder, _, name = path.partition("/")
    if folder != OTHERS or not name:
        return path
    return f"{NOTEBOOKS if name.removesuffix(_DUMP) == 'notebooks' else OTHERS}/{name.removesuffix(_DUMP)}{_DUMP}"


def shown(source: str) -> str:
    return OTHERS if source == NOTEBOOKS else source


def is_dump(source: Source) -> bool:
    return source.at.partition("/")[2] in (NOTEBOOKS, OTHERS)


def in_dumps(kinds: dict[str, str]) -> list[str]:
    """The databases of these dumps."""
    return sorted(path.removesuffix(_DUMP) for path, kind in kinds.items() if kind == "file" and path.endswith(_DUMP))


def _make_folder(dumps: Path) -> Path:
    folder = dumps / ".new" / "restore"
    shutil.rmtree(folder, ignore_errors=True)
    make_for_dumps(folder, dumps)
    return folder


def restore(restic: Restic, manifest: Manifest, project: Project, source: Source, snapshot: Snapshot, databases: list[str]) -> None:
    """Throws Refusal at the first one that cannot be loaded."""
    service = next((each for each in manifest.services if each.load), None)
    container = project.snapshot().running_container_of(service.name) if service else ""
    if service is None or not container:
        raise Refusal("The database does not run, so it was not restored. Start it (pulumi up), and restore again.")
    # The history leaves `.new` out. MariaDB's container has it as /dumps/<folder>/.new.
    folder = _make_folder(Path(source.path))
    try:
        for database in databases:
            restic.restore_into(snapshot, f"{database}{_DUMP}", folder, is_folder=False)
            file = f"{Path(source.path).name}/.new/restore/{database}{_DUMP}"
            result = docker.act("exec", container, *service.load, file, within=times.LOADED_WITHIN)
            if not result.ok:
                raise Refusal(
                    f"The database {database} could not be restored. What it was before is in the history. {service.name} says:"
                    f" {result.last_line}"
                )
            for line in result.lines:
                say(line)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
