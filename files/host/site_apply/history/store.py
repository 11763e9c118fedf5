"""The folder of the history."""

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

# Trees that Jupyter reads, and those of other services, whose data no notebook sees.
JUPYTER, SITE = "jupyter", "site"


@dataclass
class State:
    """
    What one run leaves to the next. used, inodes: what the trees take. is_right: these are known; not so where the run was killed
    while it changed something. ended, took: when the run ended (seconds since 1970), and how long it took.
    """

    used: int = 0
    inodes: int = 0
    is_right: bool = False
    ended: float = 0
    took: float = 0


class Store:
    """
    Paths in the folder: `jupyter` and `site` with the trees, `records` with what the newest tree of each source holds, and `work`
    with what is not finished, which no kernel sees.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.work = self.folder / "work"
        self._records = self.folder / "records"
        self._state = self.folder / "state.json"

    def make(self) -> None:
        """Only the program that makes the history gets into the folder. Jupyter gets its part of it as a mount."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name, mode in ((JUPYTER, 0o755), (SITE, 0o700), ("records", 0o700), ("work", 0o700)):
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(mode)

    @contextmanager
    def locked(self, name: str, wait: bool = False) -> Iterator[bool]:
        """Holds a lock, which goes with the process; False where another one holds it."""
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
        """The name of the newest tree of a source, and its record; empty where there is none that can be read."""
        try:
            value = json.loads(self._record(at).read_text("utf-8"))
            return value["tree"], {path: Seen(inode, stamps) for path, (inode, stamps) in value["record"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return "", {}

    def place(self, new: Path, tree: int, at: str, name: str, record: Record) -> None:
        """Puts a finished tree, which is open, into its place; and its record."""
        value = {path: [seen.inode, seen.stamps] for path, seen in record.items()}
        new_record = self._write("record", {"tree": name, "record": value})
        # Once for thousands of files, and for the record.
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
        """Trees that a run before has not finished, or not removed."""
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
    """Has everything that was written to a file system on the disk. It is one call for thousands of files."""
    if sys.platform == "linux":
        ctypes.CDLL(None).syncfs(descriptor)
    else:
        os.sync()
