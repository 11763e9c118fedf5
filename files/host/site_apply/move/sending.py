"""Sends what the new site lacks: its list is compared with the files of the old site, both in the same order."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Optional

from ..history.walk import open_top
from ..log import say
from .known import known_in
from .listing import Found, items_of
from .wire import Item, get, put, put_item

# Source by name: paths that are left out.
Sources = dict[str, list[str]]
# How many differences are named.
_SHOWN = 10


@dataclasses.dataclass
class Sent:
    files: int = 0
    bytes: int = 0
    differences: int = 0


def send(sources: Path, wanted: Sources, state: Path, streams: tuple[IO[bytes], IO[bytes]], *, is_compare: bool) -> bool:
    """
    Sends the items of the sources that differ from those of the new site. Returns False if a comparison finds a difference.

    sources: the folder that contains them. state: the folder of the known hashes. is_compare: differences are only shown.
    """
    received, out = streams
    sent = Sent()
    with tempfile.TemporaryFile(dir=state) as spool:
        _spool(received, spool)
        for source, (uid, gid) in _sources_in(spool):
            top = open_top(str(sources / source))
            try:
                with known_in(state, source) as known:
                    owner = os.fstat(top)
                    sender = _Sender(out, source, {owner.st_uid: uid}, {owner.st_gid: gid}, sent, is_compare)
                    sender.send(items_of(top, frozenset(wanted[source]), known), _items_in(spool))
            finally:
                os.close(top)
    put(out, "end")
    out.flush()
    if is_compare:
        say("Every file is the same on both sites." if not sent.differences else f"{sent.differences} files differ.")
    else:
        say(f"Copied: {sent.files} files with {sent.bytes / 1e6:.1f} MB.")
    return not (is_compare and sent.differences)


def _spool(received: IO[bytes], spool: IO[bytes]) -> None:
    """Stores the list first. The other side receives only when it has sent its whole list."""
    while True:
        words = get(received)
        if words == ["end"]:
            break
        put(spool, *words)
    spool.seek(0)


def _sources_in(spool: IO[bytes]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The sources in the list. The items of one must be read before the next one is."""
    while line := spool.readline():
        _, name, uid, gid = json.loads(line)
        yield name, (uid, gid)


def _items_in(spool: IO[bytes]) -> Iterator[Item]:
    while True:
        place = spool.tell()
        word, *values = json.loads(spool.readline() or b'["end"]')
        if word != "item":
            spool.seek(place)
            return
        yield Item(*values)


class _Sender:
    """Sends one source. uids, gids: the owner of its folder, and that of the same folder on the new site."""

    def __init__(
        self, out: IO[bytes], source: str, uids: dict[int, int], gids: dict[int, int], sent: Sent, is_compare: bool
    ) -> None:
        self._out, self._source, self._uids, self._gids = out, source, uids, gids
        self._sent, self._is_compare = sent, is_compare
        # The folders around the current item, and whether each has been sent.
        self._around: list[tuple[Item, bool]] = []
        # First paths of files that were sent as a whole: their other hard links must be made again.
        self._renewed: set[str] = set()
        if not is_compare:
            put(out, "source", source)

    def send(self, mine: Iterator[Found], theirs: Iterator[Item]) -> None:
        other = next(theirs, None)
        for found in mine:
            item = found.item = self._with_their_owner(found.item)
            while other and other.key < item.key:
                self._remove(other)
                other = _behind(other, theirs)
            same = other if other and other.key == item.key else None
            self._leave_folders(item)
            self._compare(found, same)
            if same:
                # The content of their folder ends with it, if it becomes a file here.
                other = next(theirs, None) if item.kind == "d" or same.kind != "d" else _behind(same, theirs)
        while other:
            self._remove(other)
            other = _behind(other, theirs)

    def _with_their_owner(self, item: Item) -> Item:
        return dataclasses.replace(item, uid=self._uids.get(item.uid, item.uid), gid=self._gids.get(item.gid, item.gid))

    def _compare(self, found: Found, other: Optional[Item]) -> None:
        item = found.item
        if item.kind == "d":
            self._around.append((item, False))
            if other != item:
                self._differs(item.path)
                self._send_folders()
            return
        is_candidate = other is not None and (item.kind, item.size, item.first) == (other.kind, other.size, other.first)
        if is_candidate and other and item.first not in self._renewed:
            # Of hard links to the same file, the first one is compared.
            if item.kind == "f" and not item.first:
                item = dataclasses.replace(item, content=found.hash())
            if item == other:
                return
            if item.content == other.content:
                self._differs(item.path)
                self._put("metadata", item)
                return
        self._differs(item.path)
        self._send_whole(found, item)

    def _send_whole(self, found: Found, item: Item) -> None:
        self._renewed.add(item.path)
        if self._is_compare:
            return
        self._put("file", item)
        if item.kind == "f" and not item.first:
            try:
                for offset, data in found.read():
                    put(self._out, "data", offset, len(data))
                    self._out.write(data)
                    self._sent.bytes += len(data)
            except FileNotFoundError:
                pass  # It was just removed. The next pass removes it on the new site.
        self._sent.files += 1

    def _remove(self, other: Item) -> None:
        self._differs(other.path)
        self._leave_folders(other)
        if not self._is_compare:
            self._send_folders()
            put(self._out, "remove", other.path)

    def _leave_folders(self, item: Item) -> None:
        while self._around and not _is_in(item, self._around[-1][0]):
            self._around.pop()

    def _put(self, word: str, item: Item) -> None:
        if not self._is_compare:
            self._send_folders()
            put_item(self._out, word, item)

    def _send_folders(self) -> None:
        """Sends the folders around what follows, because a change of their content changes their time."""
        for number, (folder, is_sent) in enumerate(self._around):
            if not is_sent and not self._is_compare:
                put_item(self._out, "folder", folder)
                self._around[number] = (folder, True)

    def _differs(self, path: str) -> None:
        self._sent.differences += 1
        if self._is_compare and self._sent.differences <= _SHOWN:
            say(f"It differs: {self._source.partition('/')[2]}/{path}")


def _behind(other: Item, theirs: Iterator[Item]) -> Optional[Item]:
    """The next item that is not below this one: a folder goes with its content."""
    return next((each for each in theirs if not _is_in(each, other)), None)


def _is_in(item: Item, folder: Item) -> bool:
    return item.key[: len(folder.key)] == folder.key and item.key != folder.key
