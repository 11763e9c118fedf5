"""
Reads a folder that other programs can change at any moment.

Every file is opened relative to the descriptor of its folder, and no symbolic link is followed. So nothing outside the folder can
be reached through it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .pace import Pace

# Levels of folders. Deeper folders are left out, because each level needs three open descriptors.
DEEPEST = 100

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Entry:
    """
    A file, a symbolic link or a folder. Sockets, pipes and devices are left out.

    kind: f, l or d. found: its stat result.
    """

    name: str
    kind: str
    found: os.stat_result

    @property
    def stamp(self) -> str:
        """A text that changes with every change of a file, and with each change of the mode or owner of a folder."""
        found = self.found
        if self.kind == "d":
            return f"d{found.st_mode:o}.{found.st_uid}.{found.st_gid}"
        # Programs can set the time of modification (mtime), but not the time of change (ctime).
        return f"{self.kind}{found.st_size:x}.{found.st_mtime_ns:x}.{found.st_ctime_ns:x}"


@dataclass
class Seen:
    """A folder in a record. Its inode identifies it after it was moved. stamps: the stamp of each entry, by name."""

    inode: int
    stamps: dict[str, str] = field(default_factory=dict)


# The folders of a source, by path relative to the source. The path of the source itself is empty.
Record = dict[str, Seen]


def open_top(path: str) -> int:
    """Opens the folder of a source or a tree. It may be a symbolic link, because only the machine's administrator can create it."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


@contextmanager
def opened(name: str, around: int) -> Iterator[int]:
    """Opens a folder in an open folder. Throws OSError if it is not a folder any more."""
    descriptor = os.open(name, _FOLDER, dir_fd=around)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def entries(folder: int, path: str, without: frozenset[str]) -> Iterator[Entry]:
    """The entries of an open folder that are on the same file system. path: its path relative to the source."""
    device = os.fstat(folder).st_dev
    too_deep = path.count("/") + 1 >= DEEPEST
    with os.scandir(folder) as found:
        for each in found:
            if below(path, each.name) in without:
                continue
            try:
                state = each.stat(follow_symlinks=False)
            except OSError:
                continue  # It was just removed.
            kind = {stat.S_IFREG: "f", stat.S_IFLNK: "l", stat.S_IFDIR: "d"}.get(stat.S_IFMT(state.st_mode))
            if kind and state.st_dev == device and not (kind == "d" and too_deep):
                yield Entry(each.name, kind, state)


def scan(folder: int, without: frozenset[str], pace: Pace) -> Record:
    """Makes the record of an open folder, with all folders below it."""
    record: Record = {}
    _scan(folder, "", without, pace, record)
    return record


def _scan(folder: int, path: str, without: frozenset[str], pace: Pace, record: Record) -> None:
    seen = record[path] = Seen(os.fstat(folder).st_ino)
    folders = []
    for entry in entries(folder, path, without):
        seen.stamps[entry.name] = entry.stamp
        if entry.kind == "d":
            folders.append(entry.name)
        pace.step()
    for name in folders:
        try:
            with opened(name, folder) as inner:
                _scan(inner, below(path, name), without, pace, record)
        except OSError:
            del seen.stamps[name]


def below(path: str, name: str) -> str:
    """The path of an entry, relative to the source."""
    return f"{path}/{name}" if path else name
