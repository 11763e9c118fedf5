"""Reads the files that arrive on standard input as one text. files/release/archive.ts writes this text."""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from . import layout as folders
from . import lock, times
from .errors import Refusal
from .layout import Layout

_PATH = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_MODE = re.compile(rb"0[0-7][0-7][0-7]")


class Incomplete(Exception):
    """The text is incomplete or invalid."""


@dataclass
class File:
    path: str
    mode: int
    lines: list[bytes] = field(default_factory=list)


@contextmanager
def arrived(layout: Layout) -> Iterator[Path]:
    """
    Receives the files, and holds the lock while the caller uses their folder. Throws Refusal.

    Standard input is read before the lock is taken. So a lost connection cannot hold the lock.
    """
    try:
        files = unpack(read_all(0))
    except Incomplete as reason:
        refuse(str(reason))
    with lock.held(layout):
        try:
            _write(layout, files)
            yield layout.incoming
        finally:
            folders.remove(layout.incoming)


def refuse(reason: str) -> NoReturn:
    """Throws Refusal for an incomplete or invalid release."""
    raise Refusal(f"The release is incomplete ({reason}). Nothing was changed. Run pulumi up again.")


def read_all(descriptor: int) -> bytes:
    """Reads until the end of the input. Throws Incomplete if it does not end in time."""
    ends = time.monotonic() + times.ARRIVES_WITHIN
    text = bytearray()
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0, ends - time.monotonic()))
        if not ready:
            raise Incomplete(f"its end did not arrive within {times.ARRIVES_WITHIN} seconds")
        chunk = os.read(descriptor, 1024 * 1024)
        if not chunk:
            return bytes(text)
        text += chunk


def unpack(text: bytes) -> list[File]:
    """Splits the text into its files. Throws Incomplete if any line is invalid, before anything is written."""
    files: list[File] = []
    is_open = is_finished = False
    lines = text.split(b"\n")
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, start=1):
        if is_finished:
            raise Incomplete("something follows the end")
        if line.startswith(b"|"):
            if not is_open:
                raise Incomplete(f"line {number} belongs to no file")
            files[-1].lines.append(line[1:])
            continue
        word, *rest = line.split() or [b""]
        if word == b"file":
            if len(rest) != 2 or not _PATH.fullmatch(rest[0]) or not _MODE.fullmatch(rest[1]):
                raise Incomplete(f"line {number} names no file")
            files.append(File(rest[0].decode(), int(rest[1], 8)))
            is_open = True
        elif word == b"end":
            count = b"".join(rest[:1]).decode("utf-8", "replace")
            if count != str(len(files)):
                raise Incomplete(f"there are {len(files)} files instead of {count}")
            is_finished = True
        else:
            raise Incomplete(f"line {number} is not understood")
    if not is_finished:
        raise Incomplete("the end is missing")
    return files


def _write(layout: Layout, files: list[File]) -> None:
    try:
        _remove_earlier(layout)
        folders.remove(layout.incoming)
        layout.incoming.mkdir()
        for file in files:
            path = layout.incoming / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(line + b"\n" for line in file.lines))
            path.chmod(file.mode)
    except OSError as error:
        raise Refusal(
            f"The release could not be written to {layout.root}: the disk is full, or cannot be written to. Nothing was changed."
            " Free some space (df -h shows which disk is full; docker image prune --all removes each image that no container uses),"
            f" and run pulumi up again. The system says: {error.strerror}"
        ) from error


def _remove_earlier(layout: Layout) -> None:
    """Removes files that earlier versions of this program left behind when they were killed."""
    for path in layout.root.glob("arriving.*"):
        if time.time() - path.stat().st_mtime > 3600:
            folders.remove(path)
