"""Output of the program, to standard output and to its log file."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from . import times

# Limits in bytes for a line, and for the parts of a longer line that are kept. A line over 64 KiB would make Pulumi's engine hang.
# The end is kept because it contains the command that fixes the problem.
_LONGEST, _HEAD, _TAIL = 4000, 2700, 1200
# The largest size of the log file, in bytes. One old file is kept.
_LARGEST = 1024 * 1024

# Characters that control a terminal, which containers may print. _CONTROL: C0 except tab, and DEL. _HIDDEN: C1 and bidirectional
# controls.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_HIDDEN = re.compile("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]")

_file: Optional[Path] = None
# The descriptor for data of a command.
_data = 1


def log_to(file: Path) -> None:
    """Sets the log file."""
    global _file
    _file = file


def give_output_to_data() -> None:
    """For a command that sends data: what it says then goes to standard error."""
    global _data
    _data = os.dup(1)
    os.dup2(2, 1)


def data_output() -> int:
    """The descriptor of the standard output that the caller gave this program."""
    return _data


def rotate() -> None:
    """Starts a new log file if the current one is too large. The caller must hold the lock."""
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


@contextmanager
def step(done: str) -> Iterator[None]:
    """Shows a line with the time that a step took, when it has succeeded. done: `Files checked`."""
    began = time.monotonic()
    yield
    say_step(done, began)


def say_step(done: str, began: float) -> None:
    """Shows such a line. began: by time.monotonic()."""
    say(f"{done} ({time.monotonic() - began:.1f} s)")


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
    """
    A wait for something. Shows once a minute what it is, and how long the program has waited.

    first: seconds until the first line.
    """

    def __init__(self, what: str, first: float = times.SAID_EVERY) -> None:
        self._what = what
        self._since = time.monotonic()
        self._said = self._since + first - times.SAID_EVERY
        self._pause = times.FIRST_PAUSE

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._since

    def pause(self) -> None:
        """Waits until the next check. The first pauses are short, because most services are ready soon."""
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, times.LONGEST_PAUSE)

    def is_time_to_say(self) -> bool:
        return time.monotonic() - self._said >= times.SAID_EVERY

    def still(self, so_far: str = "") -> None:
        """Shows a progress line if it is time. so_far: a text that describes the progress."""
        if self.is_time_to_say():
            self._said = time.monotonic()
            say(f"{self._what} ({int(self.seconds)} s){so_far} ...")
