"""When a run is made, and when it has to end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional

from .config import History
from .pace import Interrupted, Pace
from .run import Run
from .space import Disk, disk_of
from .store import Store

# Locks in the folder of the history: of a run, and of a release.
RUN, RELEASE = "run.lock", "release.lock"

# Seconds. A run that takes longer goes on at its next turn.
_LONGEST = 1800
# A run of ten minutes is not followed by the next one five minutes later.
_RESTS_FOR_EACH = 3
# Percent of the last ten seconds in which somebody waited for the disk. After so many seconds it is the history's turn anyway.
_BUSY, _PATIENCE = 40, 2 * 3600

_PRESSURE = Path("/proc/pressure/io")


def take_turn(
    history: History, disk: Optional[Callable[[], Disk]] = None, clock: Callable[[], float] = time.time
) -> Optional[list[str]]:
    """
    The run of a timer: what it did, in sentences; None where it is put off. It makes way for a release and for whoever needs the
    disk.
    """
    store = Store(history.folder)
    store.make()
    state, now = store.state, clock()
    since = now - state.ended
    if 0 <= since < state.took * _RESTS_FOR_EACH or (0 <= since < _PATIENCE and disk_is_busy()):
        return None
    ends = time.monotonic() + _LONGEST

    def stop() -> str:
        if store.is_locked(RELEASE):
            return "a release needs the disk"
        return f"it took more than {_LONGEST // 60} minutes" if time.monotonic() > ends else ""

    if stop():
        return None
    return _run(history, store, Pace(stop), now, disk)


def run_before_release(history: History, within: float, clock: Callable[[], float] = time.time) -> list[str]:
    """The run of a release, which waits so many seconds for it and no more."""
    store = Store(history.folder)
    store.make()
    ends = time.monotonic() + within
    pace = Pace(lambda: "the release goes on without it" if time.monotonic() > ends else "", work=1)
    while store.is_locked(RUN) and time.monotonic() < ends:
        time.sleep(0.2)
    return _run(history, store, pace, clock(), None)


def _run(history: History, store: Store, pace: Pace, now: float, disk: Optional[Callable[[], Disk]]) -> list[str]:
    with store.locked(RUN) as is_mine:
        if not is_mine:
            return ["History: another run is under way."]
        began = time.monotonic()
        run = Run(history, pace, now, disk or (lambda: disk_of(history.folder)))
        try:
            run.run()
        except Interrupted as why:
            run.report.issues.append(f"the run has ended before its end: {why}. The next one goes on.")
        run.has_ended(now, time.monotonic() - began)
        return run.report.lines


def disk_is_busy() -> bool:
    """Whether programs wait for the disk, where the kernel says so."""
    try:
        some = _PRESSURE.read_text("ascii").split("\n")[0]
        return float(some.partition("avg10=")[2].split()[0]) > _BUSY
    except (OSError, ValueError, IndexError):
        return False
