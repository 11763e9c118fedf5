"""
One run at a time on a machine.

Two locks. The kernel's goes with its holder, so that there is nothing to detect when one is killed. The other one is a link whose
text is the holder's process and when that began: earlier versions of this program know that one, and it says who is waited for.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import command, log, times
from .errors import Refusal
from .layout import Layout, target_of


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Waits for the lock, holds it, and gives it back."""
    link = layout.root / "lock"
    mine = f"{os.getpid()}-{started_at(os.getpid())}"
    waiting = log.Waiting("Waiting for another release on this machine")
    # The folder itself: earlier versions of this program lock it, too.
    folder = os.open(layout.root, os.O_RDONLY)
    try:
        while not _take(folder) or is_alive(target_of(link)) or not _make(link, mine):
            _wait(waiting, link)
        command.kept_open.append(folder)
        try:
            log.rotate()
            yield
        finally:
            command.kept_open.clear()
            if target_of(link) == mine:
                link.unlink()
    finally:
        os.close(folder)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # This file system has no such locks, and the link has to do.
    return True


def _make(link: Path, mine: str) -> bool:
    """Makes the link, in place of one that a killed run has left behind; not where somebody was faster."""
    try:
        link.unlink(missing_ok=True)
        os.symlink(mine, link)
    except FileExistsError:
        return False
    except OSError as error:
        raise Refusal(
            f"No symbolic link can be made in {link.parent}, and a release needs them: the disk is full or read-only, or its file"
            " system has none (FAT, exFAT). Nothing was changed. Free the disk or move the checkout to another one, and run the"
            f" command again. The system says: {error.strerror}"
        ) from error
    return True


def _wait(waiting: log.Waiting, link: Path) -> None:
    if waiting.seconds >= times.TURN_WITHIN:
        process = target_of(link).partition("-")[0]
        raise Refusal(
            f"Another release is still under way on this machine (process {process}). Wait for it to end, and run pulumi up again."
        )
    waiting.still()
    time.sleep(1)


def is_alive(holder: str) -> bool:
    """Whether the process that a link names is there, and is not another one with its number."""
    process, _, began = holder.partition("-")
    return process.isdigit() and began != "" and started_at(int(process)) == began


def started_at(process: int) -> str:
    """
    When a process began; empty where there is none. The kernel's own number where there is one: what ps tells depends on time zone
    and language, and moves with the clock.
    """
    if os.path.exists("/proc/self/stat"):
        try:
            return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(") ")[2].split()[19]
        except (OSError, IndexError):
            return ""
    told = command.run(["env", "TZ=UTC", "ps", "-o", "lstart=", "-p", str(process)], within=times.QUESTION_WITHIN)
    return told.text.replace(" ", "").replace(":", "")
