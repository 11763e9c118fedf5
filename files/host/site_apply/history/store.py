"""The folder of the history on the disk."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .walk import Record, Seen

# Folders of the trees that notebooks can read, and of those that they cannot read.
JUPYTER, SITE = "jupyter", "site"


@dataclass
class State:
    """
    What a run records for the next one, in state.json.

    used, inodes: bytes and inodes of all trees. is_right: whether these two numbers are correct. They are not if the run was killed
    while it changed something. ended: when the run ended, in seconds since 1970. took: its duration in seconds.
    """

    used: int = 0
    inodes: int = 0
    is_right: bool = False
    ended: float = 0
    took: float = 0


class Store:
    """
    The folder of the history and its parts.

    `jupyter` and `site` contain the trees. `records` contains a record of the newest tree of each source. `work` contains trees
    that are being made or removed; notebooks cannot see it.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.work = self.folder / "work"
        self._records = self.folder / "records"
        self._state = self.folder / "state.json"

    def make(self) -> None:
        """Creates the folder. Only its owner can enter it. Jupyter's container mounts the folder `jupyter` in it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name, mode in ((JUPYTER, 0o755), (SITE, 0o700), ("records", 0o700), ("work", 0o700)):
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(mode)

    @contextmanager
    def locked(self, name: str, wait: bool = False) -> Iterator[bool]:
        """
        Holds a lock; yields False if another process holds it. The kernel releases the lock when the process ends.

        name: the lock's file. wait: whether to wait for the other process.
        """
        descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)

    def is_locked(self, name: str) -> bool:
        with self.locked(name) as is_mine:
            return not is_mine

    @property
    def state(self) -> State:
        try:
            return State(**json.loads(self._state.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return State()

    def keep_state(self, state: State) -> None:
        os.replace(self._write("state", asdict(state)), self._state)

    def forget_state(self) -> None:
        self._state.unlink(missing_ok=True)

    def record_of(self, at: str) -> tuple[str, Record]:
        """The name of the newest tree of a source, and its record. Both are empty if no record can be read."""
        try:
            value = json.loads(self._record(at).read_text("utf-8"))
            return value["tree"], {path: Seen(inode, stamps) for path, (inode, stamps) in value["record"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return "", {}

    def place(self, new: Path, tree: int, at: str, name: str, record: Record) -> None:
        """
        Moves a finished tree and its record to their places.

        new: the tree's folder in `work`. tree: its open descriptor. at: the source's folder. name: the tree's new name.
        """
        value = {path: [seen.inode, seen.stamps] for path, seen in record.items()}
        new_record = self._write("record", {"tree": name, "record": value})
        # One sync covers all files of the tree and the record.
        sync_all(tree)
        series = self.folder / at
        series.mkdir(parents=True, exist_ok=True)
        series.chmod(0o755)
        os.rename(new, series / name)
        os.replace(new_record, self._record(at))
        sync_folder(series)

    def _record(self, at: str) -> Path:
        return self._records / f"{at.replace('/', '~')}.json"

    def _write(self, name: str, value: Any) -> Path:
        file = self.work / name
        file.write_text(json.dumps(value), "utf-8")
        return file

    def leftovers(self) -> list[Path]:
        """Trees that an earlier run did not finish making or removing. Also deletes the run's other files."""
        found = []
        for each in self.work.iterdir():
            if each.is_dir() and not each.is_symlink():
                found.append(each)
            else:
                each.unlink()
        return found


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(descriptor: int) -> None:
    """Syncs the whole file system of an open file. One such call is faster than one for each of thousands of files."""
    if sys.platform == "linux":
        ctypes.CDLL(None).syncfs(descriptor)
    else:
        os.sync()
