"""Decides when a run is made and when it must stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional

from .config import History
from .pace import Interrupted, Pace
from .run import Run
from .space import Disk, disk_of
from .store import Store

# Locks in the folder of the history. A run holds the first one, a release the second one.
RUN, RELEASE = "run.lock", "release.lock"

# Seconds. A run that takes longer is stopped. The next run continues.
_LONGEST = 1800
# After a run, the history rests for this many times the run's duration.
_RESTS_FOR_EACH = 3
# The disk is busy if programs waited for it during more than _BUSY percent of the last ten seconds. A busy disk postpones a run for
# _PATIENCE seconds at most.
_BUSY, _PATIENCE = 40, 2 * 3600

_PRESSURE = Path("/proc/pressure/io")


def take_turn(
    history: History, disk: Optional[Callable[[], Disk]] = None, clock: Callable[[], float] = time.time
) -> Optional[list[str]]:
    """
    Makes the run of a timer. Returns sentences about what it did, or None if the run is postponed.

    The run is postponed during a release, while the disk is busy, and soon after a long run. It stops when a release begins. disk:
    measures the disk. clock: returns seconds since 1970. Both are replaced in tests.
    """
    if is_postponed(history, clock):
        return None
    store, now = Store(history.folder), clock()
    ends = time.monotonic() + _LONGEST

    def stop() -> str:
        if store.is_locked(RELEASE):
            return "a release needs the disk"
        return f"it took more than {_LONGEST // 60} minutes" if time.monotonic() > ends else ""

    return _run(history, store, Pace(stop), now, disk)


def is_postponed(history: History, clock: Callable[[], float] = time.time) -> bool:
    """Whether the run of a timer must wait. Also creates the folder of the history."""
    store = Store(history.folder)
    store.make()
    state = store.state
    since = clock() - state.ended
    if 0 <= since < state.took * _RESTS_FOR_EACH or (0 <= since < _PATIENCE and disk_is_busy()):
        return True
    return store.is_locked(RELEASE)


def run_before_release(history: History, within: float, clock: Callable[[], float] = time.time) -> list[str]:
    """Makes the run before a release, which waits for it for at most `within` seconds. Returns sentences about what it did."""
    store = Store(history.folder)
    store.make()
    ends = time.monotonic() + within
    pace = Pace(lambda: "the release does not wait any longer" if time.monotonic() > ends else "", work=1)
    while store.is_locked(RUN) and time.monotonic() < ends:
        time.sleep(0.2)
    return _run(history, store, pace, clock(), None)


def _run(history: History, store: Store, pace: Pace, now: float, disk: Optional[Callable[[], Disk]]) -> list[str]:
    with store.locked(RUN) as is_mine:
        if not is_mine:
            return ["History: another run is still in progress."]
        began = time.monotonic()
        run = Run(history, pace, now, disk or (lambda: disk_of(history.folder)))
        try:
            run.run()
        except Interrupted as why:
            run.report.issues.append(f"the run was interrupted: {why}. The next run continues.")
        run.record_end(now, time.monotonic() - began)
        return run.report.lines


def disk_is_busy() -> bool:
    """Whether programs wait for the disk. False if the kernel does not report it."""
    try:
        some = _PRESSURE.read_text("ascii").split("\n")[0]
        return float(some.partition("avg10=")[2].split()[0]) > _BUSY
    except (OSError, ValueError, IndexError):
        return False
