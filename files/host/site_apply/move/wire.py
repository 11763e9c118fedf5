"""
What two sites send each other during a move: lines of JSON, and after a line `["data", OFFSET, LENGTH]` that many bytes.

The new site first sends the list of its files, and then receives:

    ["source", NAME, UID, GID]       the items that follow belong to this source; UID and GID own its folder
    ["item", PATH, ...]              an item of the list
    ["end"]                          the list or the stream is complete

The old site sends:

    ["source", NAME]
    ["folder", PATH, ...]  ["file", PATH, ...]  ["metadata", PATH, ...]     make it what the item says
    ["data", OFFSET, LENGTH]         content of the file before; ranges without data are holes
    ["remove", PATH]
    ["end"]
"""

from __future__ import annotations

import json
import os
from dataclasses import astuple, dataclass
from typing import IO, Any

from ..errors import Refusal

# Bytes of content in one piece, and the longest line: a path of 4096 bytes can be escaped as six characters each.
PIECE, _LONGEST = 1 << 20, 1 << 17
Key = tuple[bytes, ...]


@dataclass(frozen=True)
class Item:
    """
    A file, a symbolic link or a folder of a source.

    path: relative to the source; bytes that are not UTF-8 are surrogates. kind: f, l or d. size: 0 for folders. mtime: nanoseconds.
    content: SHA-256 of a file, or the target of a symbolic link. first: path of the first file with the same inode, if this is
    another hard link to it.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    content: str = ""
    first: str = ""

    @property
    def key(self) -> Key:
        """Items are sorted by it: a folder comes before its content."""
        return key_of(self.path)


def key_of(path: str) -> Key:
    return tuple(os.fsencode(path).split(b"/"))


def put(stream: IO[bytes], *words: Any) -> None:
    stream.write(json.dumps(words, separators=(",", ":")).encode("ascii") + b"\n")


def put_item(stream: IO[bytes], word: str, item: Item) -> None:
    put(stream, word, *astuple(item))


def get(stream: IO[bytes]) -> list[Any]:
    """The next line. Throws Refusal if the other side has ended."""
    line = stream.readline(_LONGEST)
    if not line.endswith(b"\n"):
        raise Refusal("The connection ended before everything was copied. Run the same command again: it continues.")
    words: list[Any] = json.loads(line)
    return words
