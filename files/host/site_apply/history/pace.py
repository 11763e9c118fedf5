"""Limits the share of the disk's time that the history uses."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional

# The largest number of operations, and of bytes, between two rests.
_OPERATIONS, _BYTES = 256, 4 * 1024 * 1024


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
        self._since = clock()
        self._operations = self._bytes = 0

    def step(self, written: Optional[int] = None, size: int = 0) -> None:
        """
        Counts an operation, and rests if enough work was done. Throws Interrupted if the run must stop.

        written: descriptor of the file or folder that was written. It is synced before a rest, so that the time of the disk itself
        counts as work, too. size: bytes that were written.
        """
        self._operations += 1
        self._bytes += size
        if self._operations < _OPERATIONS and self._bytes < _BYTES:
            return
        if written is not None:
            os.fsync(written)
        why = self._stop()
        if why:
            raise Interrupted(why)
        self._rest(max(0, self._clock() - self._since) * self._rests_for_each)
        self._since = self._clock()
        self._operations = self._bytes = 0
