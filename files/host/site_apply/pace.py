"""How fast this machine is, and the time limits that follow from it."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Optional

from . import docker, times

_MIB = 1024 * 1024
# The most that a measurement writes and reads, and the most seconds for each.
_MOST_MIB, _MOST_READS, _MOST_SECONDS = 8, 64, 2.0
# How often JupyterLab's first start reads the disk. It takes 400 seconds on a disk with 22 reads a second.
_READS_OF_START = 8800
# Machines with less memory (MiB) read from the disk what others keep in memory.
_LITTLE_MEMORY = 2000

_folder: Optional[Path] = None


def measure_in(folder: Path) -> None:
    """Sets the folder whose disk is measured, for users who cannot write to Docker's."""
    global _folder
    _folder = folder


@dataclass(frozen=True)
class Disk:
    """write: MiB a second. reads: of 4 KiB at random places, a second."""

    write: float
    reads: float

    def __str__(self) -> str:
        return f"writes about {self.write:.1f} MiB and reads about {self.reads:.0f} times a second"


@cache
def disk() -> Optional[Disk]:
    """The speed of Docker's disk; None if it cannot be measured. Measuring takes up to four seconds, so it is done once a run."""
    for folder in (Path(docker.engine().folder), _folder):
        if folder and os.access(folder, os.W_OK) and hasattr(os, "posix_fadvise"):
            with suppress(OSError):  # The disk may be full.
                return _measured(folder / f".pace-{os.getpid()}")
    return None


def _measured(path: Path) -> Disk:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        path.unlink()  # Nothing stays, even if this run is killed.
        began, written = time.monotonic(), 0
        while written < _MOST_MIB and time.monotonic() - began < _MOST_SECONDS:
            os.write(file, os.urandom(_MIB))
            os.fdatasync(file)
            written += 1
        write = written / (time.monotonic() - began)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        began, reads = time.monotonic(), 0
        while reads < _MOST_READS and time.monotonic() - began < _MOST_SECONDS:
            os.pread(file, 4096, random.randrange(written * _MIB // 4096) * 4096)
            reads += 1
        return Disk(write, reads / (time.monotonic() - began))
    finally:
        os.close(file)


def is_small() -> bool:
    """Whether the machine has little memory."""
    return 0 < docker.engine().memory < _LITTLE_MEMORY * _MIB


def ready_within() -> float:
    """How long a service that runs may take until it answers, in seconds. Twice of what JupyterLab takes on such a disk."""
    speed = disk()
    if speed is None:
        return times.READY_WITHIN
    needed = 60 + 2 * _READS_OF_START / speed.reads
    return min(times.READY_WITHIN, max(times.READY_SMALL_WITHIN if is_small() else times.READY_FAST_WITHIN, needed))


def pulled_within(mib: int) -> float:
    """How long the pull of an image may take, in seconds: a slow network sends 1 MiB a second. mib: its size."""
    speed = disk()
    if speed is None:
        return times.PULLED_WITHIN
    return min(times.PULLED_WITHIN, max(times.PULLED_FAST_WITHIN, mib + 3 * mib / speed.write))


def minutes_to_pull(mib: int) -> int:
    """About how long the disk takes to write images; 0 if that is not known. mib: their size."""
    speed = disk()
    # Unpacking writes more than the image.
    return round(1.5 * mib / speed.write / 60) if speed else 0


def prepare_within() -> int:
    """How long a service's command may take in a release, in seconds."""
    return times.PREPARE_WITHIN * (4 if is_small() else 1)
