"""The share of the disk that the history may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable

# Bytes. The history leaves a tenth of the disk free, but at most this much.
_RESERVE = 5 * 1024**3
# Bytes. Files of this size or more may use only three quarters of the share. So large data never leaves notebooks without space.
_LARGE = 10 * 1024**2


@dataclass(frozen=True)
class Disk:
    """Bytes and inodes of a file system. `inodes` is 0 if the file system has no limit of inodes."""

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
    The space that the history uses, and the space that it may use.

    used, inodes: bytes and inodes of all trees. max_percent: the largest share of the disk. disk: measures the disk. remove_oldest:
    removes the oldest tree that is not protected; returns False if there is none.
    """

    used: int
    inodes: int
    max_percent: int
    disk: Callable[[], Disk]
    remove_oldest: Callable[[], bool]

    def make_room(self, size: int) -> bool:
        """Removes the oldest trees until so many bytes fit. Returns False if they still do not fit."""
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
        """Counts bytes and inodes that were added; negative numbers if they were removed."""
        self.used = max(0, self.used + size)
        self.inodes = max(0, self.inodes + inodes)
