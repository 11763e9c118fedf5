"""Receives the files of another site. Nothing else writes to this one meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..errors import Refusal
from ..history.store import sync_all
from ..history.walk import open_top
from .known import known_in
from .listing import items_of
from .sending import Sources
from .wire import PIECE, Item, get, put, put_item

# Percentage of the disk that stays free: containers and databases write to it, too.
_RESERVE = 5


def receive(sources: Path, wanted: Sources, state: Path, streams: tuple[IO[bytes], IO[bytes]]) -> None:
    """
    Sends the list of this site's files, and then makes them what the other site sends. Throws Refusal if the connection ends.

    sources: the folder that contains the sources. state: the folder of the known hashes.
    """
    received, out = streams
    for source in sorted(wanted):
        top = open_top(str(sources / source))
        try:
            with known_in(state, source) as known:
                owner = os.fstat(top)
                put(out, "source", source, owner.st_uid, owner.st_gid)
                for found in items_of(top, frozenset(wanted[source]), known):
                    item = found.item
                    if item.kind == "f" and not item.first:
                        item = replace(item, content=found.hash())
                    put_item(out, "item", item)
        finally:
            os.close(top)
    put(out, "end")
    out.flush()
    _Receiver(sources, wanted, received).receive()
    # What has arrived must outlive a power failure after the switch. Other disks of the machine may be slow.
    for source in wanted:
        top = open_top(str(sources / source))
        try:
            sync_all(top)
        finally:
            os.close(top)


@dataclass
class _Receiver:
    sources: Path
    wanted: Sources
    received: IO[bytes]
    top: str = ""
    # The folders around the current item. They get their times when nothing in them changes any more.
    around: list[Item] = field(default_factory=list)

    def receive(self) -> None:
        words = get(self.received)
        while words != ["end"]:
            words = self._obey(*words)
        self._leave_all()

    def _obey(self, word: str, path: str, *values: Any) -> list[Any]:
        """Returns the next line."""
        if word == "source":
            self._leave_all()
            # Only names of the list: the folders that this container has.
            self.top = str(self.sources / next(each for each in self.wanted if each == path))
            return get(self.received)
        self._leave(_checked(path))
        if word == "remove":
            _remove(self._at(path))
        elif word == "folder":
            self._make_folder(Item(path, *values))
        elif word == "metadata":
            self._set_metadata(Item(path, *values))
        else:
            return self._make_file(Item(path, *values))
        return get(self.received)

    def _at(self, path: str) -> str:
        return f"{self.top}/{path}"

    def _make_folder(self, item: Item) -> None:
        place = self._at(item.path)
        if os.path.islink(place) or not os.path.isdir(place):
            _remove(place)
            os.mkdir(place, 0o700)
        self.around.append(item)

    def _make_file(self, item: Item) -> list[Any]:
        """Returns the line after the file's data."""
        place = self._at(item.path)
        _remove(place)
        if item.kind == "l":
            os.symlink(item.content, place)
        elif item.first:
            os.link(self._at(_checked(item.first)), place, follow_symlinks=False)
        else:
            return self._receive_file(item, place)
        self._set_metadata(item)
        return get(self.received)

    def _receive_file(self, item: Item, place: str) -> list[Any]:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            end = 0
            words = get(self.received)
            while words[0] == "data":
                _, offset, length = words
                if not 0 < length <= PIECE:
                    raise Refusal("The other site sent something that is not understood.")
                self._check_space(descriptor, item)
                for piece in self._data(length):
                    os.pwrite(descriptor, piece, offset)
                    offset += len(piece)
                end = offset
                words = get(self.received)
            # A hole at the end.
            os.ftruncate(descriptor, max(end, item.size))
        finally:
            os.close(descriptor)
        self._set_metadata(item)
        return words

    def _data(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.received.read(length)
            if not piece:
                raise Refusal("The connection ended before everything was copied. Run the same command again: it continues.")
            length -= len(piece)
            yield piece

    def _check_space(self, descriptor: int, item: Item) -> None:
        disk = os.fstatvfs(descriptor)
        if disk.f_bavail * 100 < disk.f_blocks * _RESERVE:
            raise Refusal(
                f"The disk of the new site is full: less than {_RESERVE} percent are free at {item.path}. Enlarge it (dataDiskGb),"
                " or remove files of the old site, and run the same command again: it continues."
            )

    def _set_metadata(self, item: Item) -> None:
        place = self._at(item.path)
        os.chown(place, item.uid, item.gid, follow_symlinks=False)
        if item.kind != "l":
            # After chown, which clears the bits of setuid and setgid.
            os.chmod(place, item.mode)
        os.utime(place, ns=(item.mtime, item.mtime), follow_symlinks=False)

    def _leave(self, path: str) -> None:
        while self.around and not path.startswith(f"{self.around[-1].path}/"):
            self._set_metadata(self.around.pop())

    def _leave_all(self) -> None:
        while self.around:
            self._set_metadata(self.around.pop())


def _checked(path: str) -> str:
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise Refusal(f"The other site sent a path that is not understood: {path}")
    return path


def _remove(place: str) -> None:
    if os.path.isdir(place) and not os.path.islink(place):
        shutil.rmtree(place)
    elif os.path.lexists(place):
        os.unlink(place)
