"""
Looks through a folder that others can change at any moment. All of it goes by descriptors of folders, and no link is followed:
nothing in the folder leads out of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .pace import Pace

# Each level holds three descriptors. Deeper folders are left out.
DEEPEST = 100

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Entry:
    """
    A file, a link or a folder. Sockets, pipes and devices are none.

    stamp: what changes with every change of a file, and with the mode and the owner of a folder.
    """

    name: str
    kind: str
    found: os.stat_result

    @property
    def stamp(self) -> str:
        found = self.found
        if self.kind == "d":
            return f"d{found.st_mode:o}.{found.st_uid}.{found.st_gid}"
        # No program can set the time of the last change (ctime).
        return f"{self.kind}{found.st_size:x}.{found.st_mtime_ns:x}.{found.st_ctime_ns:x}"


@dataclass
class Seen:
    """A folder as it was: its inode, by which it is found again after it was moved, and the stamps of what is in it."""

    inode: int
    stamps: dict[str, str] = field(default_factory=dict)


# By path below the source; the source itself is the empty one.
Record = dict[str, Seen]


def open_top(path: str) -> int:
    """The source itself may be a link: whoever set up the machine made it."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


@contextmanager
def opened(name: str, around: int) -> Iterator[int]:
    """A folder in a folder; OSError where something else has taken its place."""
    descriptor = os.open(name, _FOLDER, dir_fd=around)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def entries(folder: int, path: str, without: frozenset[str]) -> Iterator[Entry]:
    """What is in a folder, on the same file system."""
    device = os.fstat(folder).st_dev
    too_deep = path.count("/") + 1 >= DEEPEST
    with os.scandir(folder) as found:
        for each in found:
            if below(path, each.name) in without:
                continue
            try:
                state = each.stat(follow_symlinks=False)
            except OSError:
                continue  # It has just gone.
            kind = {stat.S_IFREG: "f", stat.S_IFLNK: "l", stat.S_IFDIR: "d"}.get(stat.S_IFMT(state.st_mode))
            if kind and state.st_dev == device and not (kind == "d" and too_deep):
                yield Entry(each.name, kind, state)


def scan(folder: int, without: frozenset[str], pace: Pace) -> Record:
    """The record of a folder and of all below it."""
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
    return f"{path}/{name}" if path else name
