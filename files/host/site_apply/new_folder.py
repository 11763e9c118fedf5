"""New folders into which files and dumps are restored or moved."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

from .errors import Refusal
from .machine import am_root


def checked(notebooks: Path, into: str) -> Optional[Path]:
    """The folder that `--into` names, which must be new. Throws Refusal."""
    if not into:
        return None
    if not re.fullmatch(r"[^/\x00-\x1f\x7f]{1,200}", into) or into in (".", ".."):
        raise Refusal(f"--into {into}: expected the name of a new folder in the notebooks folder, without a slash.")
    folder = notebooks / into
    if os.path.lexists(folder):
        raise Refusal(f"{folder} is there already, and nothing is overwritten in it. Nothing was changed. Name another folder.")
    return folder


def make_folder(folder: Path) -> None:
    """It belongs to whom the notebooks belong."""
    around = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.mkdir(folder.name, 0o755, dir_fd=around)
        made = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
        try:
            os.fchmod(made, 0o755)
            if am_root():
                owner = os.fstat(around)
                os.fchown(made, owner.st_uid, owner.st_gid)
        finally:
            os.close(made)
    finally:
        os.close(around)


def make_below(folder: Path, path: str) -> Path:
    """A folder below it, with those between."""
    for name in path.split("/"):
        folder = folder / name
        if not folder.is_dir():
            make_folder(folder)
    return folder


def make_for_dumps(folder: Path, dumps: Path) -> None:
    """A folder two levels below that of the dumps. It belongs to the service that reads the dumps."""
    owner = dumps.stat()
    for path in (folder.parent, folder):
        if not path.is_dir():
            path.mkdir()
            path.chmod(0o755)
            if am_root():
                os.chown(path, owner.st_uid, owner.st_gid)
