"""Hashes of files that an earlier run of a move has computed, so that a file that did not change is read only once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Optional

from .wire import Key, key_of

# Nanoseconds. A file that has just changed can change again within the resolution of its time.
_YOUNG = 2_000_000_000


def stamp_of(found: os.stat_result) -> str:
    """A text that changes with each change of a file: no program can set the time of change (ctime)."""
    return f"{found.st_size:x}.{found.st_mtime_ns:x}.{found.st_ctime_ns:x}.{found.st_ino:x}"


class Known:
    """
    The hashes of one source. They are asked for in the order of the items, and read and written in this order. So they need no
    memory, however many files there are.
    """

    def __init__(self, old: IO[str], new: IO[str]) -> None:
        self._old, self._new = old, new
        self._last: Key = ()
        self._next = self._read()

    def hash_of(self, key: Key, stamp: str) -> str:
        """The hash of an unchanged file; empty if it is not known. key: larger than that of the call before."""
        self._last = key
        while self._next and self._next[0] < key:
            self._next = self._read()
        return self._next[2] if self._next and self._next[:2] == (key, stamp) else ""

    def keep(self, path: str, found: os.stat_result, hash_: str) -> None:
        self._last = key_of(path)
        if time.time_ns() - found.st_ctime_ns > _YOUNG:
            self._new.write(json.dumps([path, stamp_of(found), hash_]) + "\n")

    def keep_rest(self) -> None:
        """Keeps the hashes of files that were not reached, because the run was interrupted."""
        while self._next:
            key, stamp, hash_ = self._next
            if key > self._last:
                self._new.write(json.dumps([os.fsdecode(b"/".join(key)), stamp, hash_]) + "\n")
            self._next = self._read()

    def _read(self) -> Optional[tuple[Key, str, str]]:
        line = self._old.readline()
        if not line.endswith("\n"):
            return None
        path, stamp, hash_ = json.loads(line)
        return key_of(path), stamp, hash_


@contextmanager
def known_in(folder: Path, source: str) -> Iterator[Known]:
    """The hashes of a source, in a folder of the site."""
    file = folder / f"{source.replace('/', '~')}.known"
    new = file.with_suffix(".new")
    file.touch(0o600)
    try:
        with open(file, encoding="ascii") as old, open(new, "w", encoding="ascii") as written:
            known = Known(old, written)
            try:
                yield known
            finally:
                known.keep_rest()
    finally:
        new.replace(file)
