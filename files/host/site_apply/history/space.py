"""The part of the disk that the history may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable

# Never used by the history: a tenth of the disk, and no more than this.
_RESERVE = 5 * 1024**3
# Files of this size and more leave a quarter of the share to the smaller ones: notebooks find room beside any data.
_LARGE = 10 * 1024**2


@dataclass(frozen=True)
class Disk:
    """Bytes and inodes of a file system; no inodes where it makes them as it needs them."""

    size: int
    free: int
    inodes: int
    free_inodes: int


def disk_of(folder: str) -> Disk:
    found = os.statvfs(folder)
    return Disk(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize, found.f_files, found.f_favail)


@dataclass
class Room:
    """
    What the history uses, and whether more may be added. Where it may not, the oldest trees are removed one after the other.

    remove_oldest: removes the oldest tree that may be removed for this; False where there is none.
    """

    used: int
    inodes: int
    max_percent: int
    disk: Callable[[], Disk]
    remove_oldest: Callable[[], bool]

    def takes(self, size: int) -> bool:
        while not self._fits(size):
            if not self.remove_oldest():
                return False
        return True

    def _fits(self, size: int) -> bool:
        disk = self.disk()
        share = disk.size * self.max_percent // 100
        if size >= _LARGE:
            share = share * 3 // 4
        if self.used + size > share or disk.free - size < min(disk.size // 10, _RESERVE):
            return False
        if disk.inodes == 0:
            return True
        return self.inodes < disk.inodes * self.max_percent // 100 and disk.free_inodes > disk.inodes // 10

    def add(self, size: int, inodes: int) -> None:
        """Negative where something was removed."""
        self.used = max(0, self.used + size)
        self.inodes = max(0, self.inodes + inodes)
