"""Checks the space on the site's disks before a release, and warns about a nearly full disk."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import docker, times
from .command import run
from .errors import Refusal
from .layout import Layout, remove
from .log import say
from .manifest import Manifest

# A disk is nearly full if at least this percentage is used and fewer than this number of bytes are free. The site's front page uses
# the same limits (files/services/jupyter/jupyter_up/disk.py).
WARN_AT, WARN_BELOW = 85, 50 * 10**9
# The same for the number of files that the disk can still hold (inodes).
WARN_BELOW_FILES = 10**6
# Free space and inodes that a release needs: for its files, for new containers, and for files that services write when they start.
# With less, the disk could become full during the release.
NEEDED_MIB, NEEDED_INODES = 64, 1000
# What a rollback writes: a copy of nginx's files, with other allow lists.
_RESERVED_FILES, _RESERVED_BYTES = 100, 8192


@dataclass(frozen=True)
class Disk:
    """
    A file system. Sizes are in bytes. Space that is reserved for root counts as neither used nor free.

    folder: the first of the site's folders on it. device: its device number.
    """

    folder: Path
    device: int
    used: int
    free: int
    # None if the file system has no limit of inodes.
    free_inodes: Optional[int] = None
    inodes: int = 0

    @property
    def percent(self) -> int:
        return -(-100 * self.used // max(1, self.used + self.free))

    @property
    def is_nearly_full(self) -> bool:
        return self.percent >= WARN_AT and self.free < WARN_BELOW

    @property
    def percent_of_files(self) -> int:
        """The used percentage of the inodes; 0 without a limit."""
        return 0 if self.free_inodes is None else -(-100 * (self.inodes - self.free_inodes) // self.inodes)

    @property
    def has_too_many_files(self) -> bool:
        return self.percent_of_files >= WARN_AT and (self.free_inodes or 0) < WARN_BELOW_FILES

    @property
    def is_full(self) -> bool:
        return self.free_mib < NEEDED_MIB or (self.free_inodes is not None and self.free_inodes < NEEDED_INODES)

    @property
    def free_mib(self) -> int:
        return self.free >> 20


def disk_of(folder: Path) -> Disk:
    """The file system of a folder. If the folder does not exist yet, it is that of its nearest existing parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    block = found.f_frsize
    used = (found.f_blocks - found.f_bfree) * block
    free_inodes = found.f_favail if found.f_files else None
    return Disk(folder, folder.stat().st_dev, used, found.f_bavail * block, free_inodes, found.f_files)


def check(layout: Layout, manifest: Manifest) -> None:
    """Throws Refusal if a disk does not have the space that a release needs."""
    for disk in disks_of(layout, manifest):
        if disk.is_full:
            raise Refusal(f"{_full(disk)} Nothing was changed. {_what_fills(disk, layout, manifest)} Then run pulumi up again.")


def reserve(layout: Layout) -> None:
    """Reserves what a rollback needs on the disk of the site's files. The disk may be full by then."""
    free_reserve(layout)
    layout.reserve.mkdir()
    for number in range(_RESERVED_FILES):
        (layout.reserve / str(number)).write_bytes(b"x" * _RESERVED_BYTES)


def free_reserve(layout: Layout) -> None:
    remove(layout.reserve)


def say_if_full(layout: Layout, manifest: Manifest) -> None:
    """After a release that failed: shows which disk has become full meanwhile, because that may be the cause."""
    for disk in disks_of(layout, manifest):
        if disk.is_full:
            say(f"{_full(disk)} {_what_fills(disk, layout, manifest)} Then run pulumi up again.")


def _full(disk: Disk) -> str:
    free, needed = f"{disk.free_mib} MiB", f"{NEEDED_MIB} MiB"
    if disk.free_inodes is not None:
        free, needed = f"{free} and {disk.free_inodes} inodes", f"{needed} and {NEEDED_INODES} inodes"
    return f"The disk is full: {free} are free at {disk.folder}, but a release needs {needed}."


def warn(layout: Layout, manifest: Manifest) -> None:
    """Shows which disks are nearly full, and what uses their space."""
    for disk in disks_of(layout, manifest):
        if disk.is_nearly_full:
            say(
                f"The disk is {disk.percent} % full: {_size(disk.free)} are free at {disk.folder}."
                f" {_what_fills(disk, layout, manifest)}"
            )
        if disk.has_too_many_files:
            say(
                f"The disk at {disk.folder} holds {disk.percent_of_files} % of the files that it can hold:"
                f" {disk.free_inodes} more can be created. Delete folders with many files: the page /disk of Jupyter's address"
                " shows them."
            )


def is_out_of_space(error: BaseException) -> bool:
    """Whether an error was caused by a full disk or an exceeded quota."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def disks_of(layout: Layout, manifest: Manifest) -> list[Disk]:
    """The file systems of the site's folders, each once."""
    engine = _docker_folder()
    folders = [layout.root, *_data_folders(manifest), *([engine] if engine else [])]
    found: dict[int, Disk] = {}
    for folder in folders:
        disk = disk_of(folder)
        found.setdefault(disk.device, disk)
    return list(found.values())


def _data_folders(manifest: Manifest) -> list[Path]:
    return [Path(folder.path) for service in manifest.services for folder in service.folders]


def _docker_folder() -> Optional[Path]:
    """Docker's data folder; None if Docker runs in its own virtual machine, whose disk is not visible."""
    folder = docker.engine().folder
    return Path(folder) if os.path.isdir(folder) else None


def _what_fills(disk: Disk, layout: Layout, manifest: Manifest) -> str:
    """Sentences that list the largest folders on a disk, and how to free space."""
    sizes = [(_used_below(folder), str(folder)) for folder in _data_folders(manifest) if disk_of(folder).device == disk.device]
    engine = _docker_folder()
    if engine and disk_of(engine).device == disk.device:
        sizes.append((_used_by_docker(), f"Docker's images and containers in {engine}"))
    held = ", ".join(f"{name} {_size(size)}" for size, name in sorted(sizes, reverse=True)[:4] if size)
    larger = (
        ", or make the disk larger (pulumi config set dataDiskGb, or bootDiskGb without a data disk)" if manifest.machine else ""
    )
    return (
        (f"The largest folders of the site on it: {held}. " if held else "")
        + "Delete files that nobody needs: the page /disk of Jupyter's address shows the largest ones, and docker image prune"
        + f" --all removes each image that no container uses{larger}."
    )


def _used_below(folder: Path) -> int:
    """Bytes of a folder without folders that are mounted in it. Returns 0 if counting takes too long or is not permitted."""
    told = run(["du", "-xsk", str(folder)], within=times.MEASURED_WITHIN)
    size = told.text.split("\t")[0]
    return int(size) * 1024 if size.isdigit() else 0


_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def _used_by_docker() -> int:
    total = 0.0
    for size in docker.ask("system", "df", "--format", "{{.Size}}", within=times.MEASURED_WITHIN).lines:
        number = size.rstrip("kMGTB")
        total += float(number) * _UNITS.get(size[len(number) :], 0)
    return int(total)


def _size(size: int) -> str:
    return f"{size / 10**9:.1f} GB" if size >= 10**8 else f"{size / 10**6:.1f} MB"
