"""Shares the disk with everybody else."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional

# Operations, or bytes, between two rests.
_OPERATIONS, _BYTES = 256, 4 * 1024 * 1024


class Interrupted(Exception):
    """The run ends before its end. The text says why."""


class Pace:
    """
    Rests as long as the work before took, so that the disk is free for half of the time, whatever its speed.

    stop: says why the run has to end; empty while it may go on. work: the part of the time for work.
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
        Counts an operation.

        written: a descriptor of what was written. Its data go to the disk before a rest, so that the disk's own time counts, too.
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
