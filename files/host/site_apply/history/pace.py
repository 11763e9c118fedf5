"""Limits the share of the disk's time that the history uses."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional

# The largest number of operations, and of bytes, between two rests.
_OPERATIONS, _BYTES = 256, 4 * 1024 * 1024
# Seconds between two checks whether the run must stop, at work and in a rest. A release waits for this.
_CHECKED_EVERY = 0.2


class Interrupted(Exception):
    """The run must stop before it is complete. The text says why."""


class Pace:
    """
    Alternates work and rests. By default, each rest takes as long as the work before it, so the disk is free for half of the time,
    whatever its speed.

    stop: returns why the run must stop, or an empty text. work: the share of the time that is used for work, from 0 to 1. clock,
    rest: replaced in tests.
    """

    def __init__(
        self,
        stop: Callable[[], str] = lambda: "",
        work: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stop, self._clock, self._rest = stop, clock, rest
        self._rests_for_each = 1 / work - 1
        self._since = self._checked = clock()
        self._operations = self._bytes = 0

    def step(self, written: Optional[int] = None, size: int = 0) -> None:
        """
        Counts an operation, and rests if enough work was done. Throws Interrupted if the run must stop.

        written: descriptor of the file or folder that was written. It is synced before a rest, so that the time of the disk itself
        counts as work, too. size: bytes that were written.
        """
        self._operations += 1
        self._bytes += size
        if self._clock() - self._checked >= _CHECKED_EVERY:
            self._check()
        if self._operations < _OPERATIONS and self._bytes < _BYTES:
            return
        self._check()
        if written is not None:
            os.fsync(written)
        left = (self._clock() - self._since) * self._rests_for_each
        while left > 0:
            self._rest(min(left, _CHECKED_EVERY))
            left -= _CHECKED_EVERY
            self._check()
        self._since = self._clock()
        self._operations = self._bytes = 0

    def _check(self) -> None:
        why = self._stop()
        if why:
            raise Interrupted(why)
        self._checked = self._clock()
