"""Lists the items of a source in their order, with the hashes of files."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ..errors import Refusal
from ..history.walk import DEEPEST, below, opened
from ..log import say
from .known import Known, stamp_of
from .wire import PIECE, Item, key_of

_KINDS = {stat.S_IFREG: "f", stat.S_IFLNK: "l", stat.S_IFDIR: "d"}
_ZEROS = bytes(PIECE)


@dataclass
class Found:
    """An item in an open folder. item: without the hash of a file. around: descriptor of the folder, until the next item."""

    item: Item
    around: int
    stat: os.stat_result
    known: Known

    def hash(self) -> str:
        """The hash of a file; empty if it was just removed."""
        hash_ = self.known.hash_of(self.item.key, stamp_of(self.stat))
        if hash_:
            self.known.keep(self.item.path, self.stat, hash_)
            return hash_
        try:
            for _ in self.read():
                pass
        except FileNotFoundError:
            return ""
        return self.item.content

    def read(self) -> Iterator[tuple[int, bytes]]:
        """The data of a file, by offset, without its holes. After that, `item` has the hash. Throws FileNotFoundError."""
        name = self.item.path.rpartition("/")[2]
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.around)
        try:
            sha256, at, size = hashlib.sha256(), 0, os.fstat(descriptor).st_size
            while at < size:
                begin, end = _data_after(descriptor, at, size)
                _hash_zeros(sha256, begin - at)
                piece = os.pread(descriptor, min(PIECE, end - begin), begin) if begin < size else b""
                if begin < size and not piece:
                    break  # It was just truncated.
                if piece:
                    sha256.update(piece)
                    yield begin, piece
                at = begin + len(piece)
            self.item = replace(self.item, content=sha256.hexdigest(), size=at)
            if stamp_of(os.fstat(descriptor)) == stamp_of(self.stat):
                self.known.keep(self.item.path, self.stat, self.item.content)
        finally:
            os.close(descriptor)


def _data_after(descriptor: int, at: int, size: int) -> tuple[int, int]:
    """Begin and end of the next data; both are the size of the file if only a hole follows."""
    try:
        begin = os.lseek(descriptor, at, os.SEEK_DATA)
        return begin, min(os.lseek(descriptor, begin, os.SEEK_HOLE), size)
    except OSError as error:
        # Other errors: the file system does not know its holes.
        return (size, size) if error.errno == errno.ENXIO else (at, size)


def _hash_zeros(sha256: hashlib._Hash, count: int) -> None:
    while count > 0:
        sha256.update(_ZEROS[:count] if count < PIECE else _ZEROS)
        count -= PIECE


def items_of(top: int, without: frozenset[str], known: Known) -> Iterator[Found]:
    """The items of an open folder. Throws Refusal for one that cannot be moved."""
    firsts: dict[int, str] = {}
    yield from _items(top, "", without, known, firsts)


def _items(folder: int, path: str, without: frozenset[str], known: Known, firsts: dict[int, str]) -> Iterator[Found]:
    for name in sorted(os.listdir(folder), key=os.fsencode):
        place = below(path, name)
        if place in without:
            continue
        found = _found(folder, name, place, known, firsts)
        if found is None:
            continue
        yield found
        if found.item.kind == "d":
            try:
                with opened(name, folder) as inner:
                    yield from _items(inner, place, without, known, firsts)
            except (FileNotFoundError, NotADirectoryError):
                continue  # It was just removed.


def _found(folder: int, name: str, path: str, known: Known, firsts: dict[int, str]) -> Optional[Found]:
    """The item of a name; None for a socket, a pipe, a device and a folder of another disk."""
    try:
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "")
        target = os.readlink(name, dir_fd=folder) if kind == "l" else ""
    except FileNotFoundError:
        return None
    if not kind:
        return None
    if state.st_dev != os.fstat(folder).st_dev:
        say(f"{path} is on another disk and is not copied.")
        return None
    if len(key_of(path)) > DEEPEST:
        raise Refusal(f"{path} is more than {DEEPEST} folders deep and cannot be moved. Move it up, and run the command again.")
    first = firsts.setdefault(state.st_ino, path) if kind == "f" and state.st_nlink > 1 else path
    size = 0 if kind == "d" else state.st_size
    mode = stat.S_IMODE(state.st_mode) if kind != "l" else 0o777
    item = Item(path, kind, mode, state.st_uid, state.st_gid, size, state.st_mtime_ns, target, "" if first == path else first)
    return Found(item, folder, state, known)
