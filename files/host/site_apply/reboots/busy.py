"""What a reboot would end."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Optional

from .. import docker
from ..docker import Project
from ..layout import Layout
from ..manifest import Manifest
from ..move.record import read
from ..status.gather import activity_of
from ..status.moments import moment_of
from ..status.report import Activity

# Seconds. A kernel that ran a cell in this time belongs to somebody who works.
_WORKED_WITHIN = 3600
# They run often, and lose nothing if they are interrupted. The first two are this run and the check after it.
_HARMLESS = ("reboot", "rebooted", "status", "history", "check", "verify", "")
_PACKAGES = Path("/var/lib/dpkg/lock-frontend")


def in_the_way(layout: Layout, manifest: Manifest, project: Project, now: float, packages: Path = _PACKAGES) -> str:
    """Why the machine must not reboot now, as a sentence without names of people; empty: nothing is in the way."""
    if read(manifest).is_closed:
        return "A move of the work is not finished."
    if is_locked(packages):
        return "Packages are being installed."
    running = commands_of(layout.root)
    if running:
        return f"site-apply {running[0]} is running."
    if any(each.is_one_off and each.is_running for each in project.snapshot().containers):
        return "A backup or a restore is running."
    containers = docker.inspect(*project.containers())
    watched = {each.name for each in manifest.services if each.activity}
    if not any(each.service in watched and each.status == "running" for each in containers):
        return ""
    return people_in_the_way(activity_of(manifest, containers), now)


def people_in_the_way(activity: Optional[Activity], now: float) -> str:
    """Why people are in the way; empty: nobody works. activity: None if Jupyter did not tell it."""
    if activity is None:
        return "Jupyter does not tell whether somebody works."
    busy = sum(each.busy for each in activity.kernels)
    used = sum(not each.busy and now - moment_of(each.since) < _WORKED_WITHIN for each in activity.kernels)
    found = [
        *([f"{_count(busy, 'kernel')} busy"] if busy else []),
        *([f"{_count(used, 'kernel')} used within the last hour"] if used else []),
        *([f"{_count(activity.busy_terminals, 'terminal')} busy"] if activity.busy_terminals else []),
    ]
    return f"Somebody works: {', '.join(found)}." if found else ""


def commands_of(root: Path, processes: Path = Path("/proc")) -> list[str]:
    """The commands of this program that other processes run, and that a reboot would interrupt."""
    found = []
    for each in sorted(processes.glob("[0-9]*/cmdline")):
        try:
            words = each.read_text("utf-8", "replace").split("\0")
        except OSError:
            continue
        # `--root FOLDER COMMAND`; see launcher.sh.
        at = words.index("--root") if "--root" in words else len(words)
        if words[at + 1 : at + 2] == [str(root)]:
            found += [name for name in words[at + 2 : at + 3] if name not in _HARMLESS]
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_locked(file: Path) -> bool:
    """Whether another process has a lock of this file, as apt and dpkg lock theirs."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(descriptor)
