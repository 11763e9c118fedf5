"""Runs programs with a time limit."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable, Optional

TIMED_OUT = 124
NOT_FOUND = 127

# The descriptor of the lock, while it is held. Programs that change the site inherit it. So the next run waits for such a program
# even if this one was killed.
kept_open: list[int] = []


@dataclass(frozen=True)
class Result:
    """Exit code and output of a program."""

    code: int
    raw: bytes = b""

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace").rstrip("\n")

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n") if self.text else []

    @property
    def last_line(self) -> str:
        return self.lines[-1] if self.lines else ""


def run(
    argv: Sequence[str],
    *,
    within: float,
    errors: bool = False,
    given: bytes = b"",
    cwd: Optional[Path] = None,
    most: Optional[int] = None,
    changes_site: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> Result:
    """
    Runs a program. Kills it after `within` seconds; then the exit code is TIMED_OUT. If it cannot be started, it is NOT_FOUND.

    errors: whether the output includes standard error. given: the standard input. cwd: the working directory. most: the most bytes
    of output to read; then the pipe is closed. changes_site: whether the program inherits the lock. meanwhile: called about once a
    second.
    """
    try:
        # The program gets its own session. So Ctrl-C does not reach it, and _end() also ends its children.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
            cwd=cwd,
            start_new_session=True,
            restore_signals=False,
            pass_fds=kept_open if changes_site else (),
        )
    except OSError as error:
        return Result(NOT_FOUND, f"{argv[0]}: {error.strerror}".encode())
    assert process.stdout
    if process.stdin:
        threading.Thread(target=_feed, args=(process.stdin, given), daemon=True).start()
    ends = time.monotonic() + within
    with process.stdout as printed:
        raw, is_whole = _read(printed, ends, most, meanwhile)
    code = _wait(process, ends, meanwhile) if is_whole else None
    if code is None:
        _end(process)
        return Result(TIMED_OUT, raw)
    return Result(code, raw)


def _feed(stdin: IO[bytes], given: bytes) -> None:
    try:
        with stdin:
            stdin.write(given)
    except OSError:
        pass  # The program ended without reading its input. Its exit code shows whether that is an error.


def _read(printed: IO[bytes], ends: float, most: Optional[int], meanwhile: Callable[[], None]) -> tuple[bytes, bool]:
    raw = bytearray()
    while most is None or len(raw) < most:
        left = ends - time.monotonic()
        if left <= 0:
            return bytes(raw), False
        ready, _, _ = select.select([printed], [], [], min(left, 1))
        if ready:
            chunk = os.read(printed.fileno(), 65536)
            if not chunk:
                break
            raw += chunk
        meanwhile()
    return bytes(raw[:most]), True


def _wait(process: subprocess.Popen[bytes], ends: float, meanwhile: Callable[[], None]) -> Optional[int]:
    while True:
        left = ends - time.monotonic()
        try:
            return process.wait(max(0, min(left, 1)))
        except subprocess.TimeoutExpired:
            if left <= 0:
                return None
            meanwhile()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and its children: first with SIGTERM, then with SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            process.wait(5)
            return
        except subprocess.TimeoutExpired:
            continue
