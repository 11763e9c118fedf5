"""Output of the program, to standard output and to its log file."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Optional

from . import times

# Bytes of a line. A line over 64 KiB would hang Pulumi's engine. A long line keeps its beginning and its end, because the end has
# the command that fixes the problem.
_LONGEST, _HEAD, _TAIL = 4000, 2700, 1200
# Bytes of the log file. One old file is kept.
_LARGEST = 1024 * 1024

# Characters that control a terminal: C0 except tab, and DEL; then C1 and bidirectional controls. Containers may print them.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_HIDDEN = re.compile("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]")

_file: Optional[Path] = None


def log_to(file: Path) -> None:
    """Sets the log file."""
    global _file
    _file = file


def rotate() -> None:
    """Starts a new log file if the current one is too large. Only while the lock is held."""
    if _file and _file.is_file() and _file.stat().st_size > _LARGEST:
        _file.replace(f"{_file}.old")


def say(text: str) -> None:
    """Prints a text and writes it to the log file."""
    shown = "\n".join(printable(line) for line in text.split("\n"))
    try:
        _write(1, f"{shown}\n")
    except OSError:
        pass  # The client may have disconnected.
    if _file is None:
        return
    try:
        log = os.open(_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _write(log, f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {shown}\n")
        finally:
            os.close(log)
    except OSError:
        pass  # The disk may be full.


def _write(descriptor: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(descriptor, data) :]


def printable(line: str) -> str:
    """A line for a terminal: shortened, and without control characters."""
    clean = _HIDDEN.sub("?", _CONTROL.sub("", line))
    data = clean.encode("utf-8", "replace")
    if len(data) <= _LONGEST:
        return clean
    # Drops a character that was cut in half.
    return f"{data[:_HEAD].decode('utf-8', 'ignore')} ... {data[-_TAIL:].decode('utf-8', 'ignore')}"


class Waiting:
    """Shows once a minute what the program waits for, and for how long."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since = self._said = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._since

    def is_time_to_say(self) -> bool:
        return time.monotonic() - self._said >= times.SAID_EVERY

    def still(self, so_far: str = "") -> None:
        if self.is_time_to_say():
            self._said = time.monotonic()
            say(f"{self._what} ({int(self.seconds)} s){so_far} ...")
