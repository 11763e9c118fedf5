"""Space on the site's disks: a release needs some, a nearly full disk is reported, and with what fills it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import docker, times
from .command import run
from .errors import Refusal
from .layout import Layout
from .log import say
from .manifest import Manifest

# A disk is reported from this share in use, in percent, on; a large one not before so many bytes are left. The front page has the
# same limits (files/services/jupyter/jupyter_up/disk.py).
WARN_AT, WARN_BELOW = 85, 50 * 10**9
# Files of a release, new containers and what services write when they start. A disk with less could fill up half-way.
NEEDED_MIB, NEEDED_FILES = 64, 1000


@dataclass(frozen=True)
class Disk:
    """A file system, by the first of the site's folders on it. Space for root alone counts as used."""

    folder: Path
    device: int
    used: int
    free: int
    # How many files more it can hold; None where it has no limit.
    free_files: Optional[int] = None

    @property
    def percent(self) -> int:
        return -(-100 * self.used // max(1, self.used + self.free))

    @property
    def is_nearly_full(self) -> bool:
        return self.percent >= WARN_AT and self.free < WARN_BELOW

    @property
    def is_full(self) -> bool:
        return self.free_mib < NEEDED_MIB or (self.free_files is not None and self.free_files < NEEDED_FILES)

    @property
    def free_mib(self) -> int:
        return self.free >> 20


def disk_of(folder: Path) -> Disk:
    """The file system that a folder is or will be on."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    block = found.f_frsize
    used = (found.f_blocks - found.f_bfree) * block
    return Disk(folder, folder.stat().st_dev, used, found.f_bavail * block, found.f_favail if found.f_files else None)


def check(layout: Layout, manifest: Manifest) -> None:
    """Throws Refusal where a release could fill a disk half-way."""
    for disk in _disks(layout, manifest):
        if disk.is_full:
            files = "" if disk.free_files is None else f" and {NEEDED_FILES} files, of which it can hold {disk.free_files} more"
            raise Refusal(
                f"The disk is full: {disk.free_mib} MiB are free at {disk.folder}, and a release needs {NEEDED_MIB}{files}."
                f" Nothing was changed. {_what_fills(disk, layout, manifest)} Then run pulumi up again."
            )


def warn(layout: Layout, manifest: Manifest) -> None:
    """Says which disks are nearly full, and with what."""
    for disk in _disks(layout, manifest):
        if disk.is_nearly_full:
            say(
                f"The disk is {disk.percent} % full: {_size(disk.free)} are free at {disk.folder}."
                f" {_what_fills(disk, layout, manifest)}"
            )


def is_lacking(error: BaseException) -> bool:
    """Whether an error is one for want of space."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _disks(layout: Layout, manifest: Manifest) -> list[Disk]:
    """Each file system of the site once."""
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
    """Nothing where Docker has a machine of its own, whose disk nobody sees from here."""
    folder = docker.info("DockerRootDir")
    return Path(folder) if os.path.isdir(folder) else None


def _what_fills(disk: Disk, layout: Layout, manifest: Manifest) -> str:
    """Sentences: what is large on a disk, and what helps."""
    sizes = [(_used_below(folder), str(folder)) for folder in _data_folders(manifest) if disk_of(folder).device == disk.device]
    engine = _docker_folder()
    if engine and disk_of(engine).device == disk.device:
        sizes.append((_used_by_docker(), f"Docker's images and containers in {engine}"))
    held = ", ".join(f"{name} {_size(size)}" for size, name in sorted(sizes, reverse=True)[:4] if size)
    larger = (
        ", or make the disk larger (pulumi config set dataDiskGb, or bootDiskGb without a data disk)" if manifest.machine else ""
    )
    return (
        (f"The largest of the site on it: {held}. " if held else "")
        + "Delete what nobody needs: the page /disk of Jupyter's address shows the largest files, and docker image prune --all"
        + f" removes each image that no container uses{larger}."
    )


def _used_below(folder: Path) -> int:
    """Bytes of a folder; 0 where it takes too long, or nobody may look. A folder that is mounted in it has a line of its own."""
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
