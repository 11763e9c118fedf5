"""
The lock that allows only one run at a time on a machine.

It consists of two locks. The first one is a lock of the kernel (flock). It ends with the process that holds it, so a killed run
does not leave it behind. The second one is a link whose target is the process number and start time of that process. Earlier
versions of this program use only the link. It also shows which process holds the lock. A file beside it says whose run that is, for
the runs that wait.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import command, log, times
from .errors import Refusal
from .layout import Layout, target_of
from .machine import run_by


class Busy(Refusal):
    """Another run has held the lock for too long."""


# The command of this run, for other runs that wait for it.
_run = "run"


def name_run(name: str) -> None:
    """Sets the name of this run's command."""
    global _run
    _run = name or _run


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Waits for the lock and holds it for the caller. Throws Busy after times.TURN_WITHIN seconds."""
    link = layout.root / "lock"
    mine = f"{os.getpid()}-{started_at(os.getpid())}"
    waiting = log.Waiting("Waiting for another run on this machine", first=1)
    # The folder itself is locked, because earlier versions of this program lock it, too.
    folder = os.open(layout.root, os.O_RDONLY)
    try:
        while not take(folder) or is_alive(target_of(link)) or not _make(link, mine):
            _wait(waiting, link)
        command.kept_open.append(folder)
        _introduce(layout)
        try:
            log.rotate()
            yield
        finally:
            command.kept_open.clear()
            if target_of(link) == mine:
                _about(layout.root).unlink(missing_ok=True)
                link.unlink()
    finally:
        os.close(folder)


def take(descriptor: int) -> bool:
    """Takes the kernel's lock of an open file or folder. Returns False if another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # This file system does not support flock, so only the link counts.
    return True


def _make(link: Path, mine: str) -> bool:
    """
    Creates the link. Replaces one that a killed run left behind. Returns False if another process was faster. Throws Refusal.
    """
    try:
        link.unlink(missing_ok=True)
        os.symlink(mine, link)
    except FileExistsError:
        return False
    except OSError as error:
        raise Refusal(
            f"No symbolic link can be created in {link.parent}, but a release needs them: the disk is full or read-only, or its"
            " file system has none (FAT, exFAT). Nothing was changed. Free the disk or move the checkout to another one, and run"
            f" the command again. The system says: {error.strerror}"
        ) from error
    return True


def _wait(waiting: log.Waiting, link: Path) -> None:
    if waiting.seconds >= times.TURN_WITHIN:
        raise Busy(
            f"Another run has not ended on this machine for {times.TURN_WITHIN // 60} minutes: {_holder(link)}. Nothing was"
            " changed. Wait until it ends, and run pulumi up again."
        )
    waiting.still(f": {_holder(link)}")
    time.sleep(1)


def _about(root: Path) -> Path:
    """The file that says whose run holds the lock."""
    return root / "lock.holder"


def _introduce(layout: Layout) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    with suppress(OSError):  # The disk may be full. Other runs then show only the number of the process.
        _about(layout.root).write_text(f"{os.getpid()} {_run} by {run_by()} since {since}\n")


def _holder(link: Path) -> str:
    """Whose run holds the lock, and since when: `release by ann since 2026-11-28 21:03:05 UTC (process 123)`."""
    process = target_of(link).partition("-")[0]
    with suppress(OSError):
        writer, _, about = _about(link.parent).read_text("utf-8", "replace").strip().partition(" ")
        if writer == process:
            return f"{about} (process {process})"
    return f"process {process}" if process else "one that was killed, and whose Docker command still runs"


def is_alive(holder: str) -> bool:
    """Whether the process that a link names still runs, and is not a newer process with the same number."""
    process, _, began = holder.partition("-")
    return process.isdigit() and began != "" and started_at(int(process)) == began


def started_at(process: int) -> str:
    """
    The start time of a process; empty if the process does not exist.

    On Linux, it is the number from /proc. The output of ps depends on the time zone and the language, and changes with the clock.
    """
    if os.path.exists("/proc/self/stat"):
        try:
            return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(") ")[2].split()[19]
        except (OSError, IndexError):
            return ""
    told = command.run(["env", "TZ=UTC", "ps", "-o", "lstart=", "-p", str(process)], within=times.QUESTION_WITHIN)
    return told.text.replace(" ", "").replace(":", "")
