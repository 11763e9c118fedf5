"""Tests of the space on the site's disks."""

from __future__ import annotations

import errno
import os
import unittest
from pathlib import Path
from typing import Callable
from unittest import mock

from site_apply import docker, space
from site_apply.docker import Engine
from site_apply.errors import Refusal
from site_apply.manifest import Folder, Manifest, Service
from site_apply.space import Disk, disk_of

from .support import HostTest

_GB = 10**9


def _found(blocks: int, free: int, available: int, inodes: int = 0, free_inodes: int = 0) -> Callable[[Path], os.statvfs_result]:
    """A fake of os.statvfs. Sizes are in MiB; without `inodes`, the file system has no limit of inodes."""
    found = (1 << 20, 1 << 20, blocks, free, available, inodes, free_inodes, free_inodes, 0, 255)
    return lambda folder: os.statvfs_result(found)


class DiskTest(unittest.TestCase):
    def test_counts_space_reserved_for_root_as_neither_used_nor_free(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 60, 10)):
            disk = disk_of(Path("/nowhere/at/all"))
        self.assertEqual((disk.folder, disk.free_mib, disk.percent), (Path("/"), 10, 99))

    def test_is_nearly_full_at_85_percent(self) -> None:
        def is_nearly_full(used: int, free: int) -> bool:
            return Disk(Path("/"), 0, used, free).is_nearly_full

        self.assertEqual([is_nearly_full(84 * _GB, 16 * _GB), is_nearly_full(85 * _GB, 15 * _GB)], [False, True])
        # A large disk with much free space.
        self.assertFalse(is_nearly_full(900 * _GB, 100 * _GB))


class SpaceTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("notebooks/large", "x" * 3_000_000)
        folder = Folder(str(self.root / "notebooks"))
        self.manifest = Manifest(1, "new", "site", machine="e2-micro", services=[Service("jupyter", folders=[folder])])
        patch = mock.patch.object(docker, "engine", lambda: Engine("", 0, 0, []))
        patch.start()
        self.addCleanup(patch.stop)

    def test_refuses_a_release_on_a_full_disk_and_lists_the_largest_folders(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 73, 63)), self.assertRaises(Refusal) as refusal:
            space.check(self.layout, self.manifest)
        text = str(refusal.exception)
        self.assertIn(f"63 MiB are free at {self.root}, but a release needs 64 MiB. Nothing was changed.", text)
        self.assertIn(f"{self.root}/notebooks 3.0 MB", text)
        self.assertIn("pulumi config set dataDiskGb", text)

    def test_refuses_a_release_if_inodes_are_missing(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 500, 500, 60000, 7)), self.assertRaises(Refusal) as refusal:
            space.check(self.layout, self.manifest)
        self.assertIn("500 MiB and 7 inodes are free at", str(refusal.exception))
        self.assertIn("but a release needs 64 MiB and 1000 inodes.", str(refusal.exception))

    def test_shows_nothing_if_there_is_space(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 200, 160)):
            space.check(self.layout, self.manifest)
            space.warn(self.layout, self.manifest)
        self.assertEqual(self.output, "")

    def test_warns_once_about_each_disk(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 100, 100)):
            space.warn(self.layout, self.manifest)
        self.assertEqual(self.output.count(f"The disk is 90 % full: 0.1 GB are free at {self.root}."), 1, self.output)

    def test_warns_about_a_disk_with_too_many_files(self) -> None:
        with mock.patch.object(os, "statvfs", _found(1000, 500, 500, 100_000, 16_000)):
            space.warn(self.layout, self.manifest)
        self.assertEqual(self.output, "")
        with mock.patch.object(os, "statvfs", _found(1000, 500, 500, 100_000, 15_000)):
            space.warn(self.layout, self.manifest)
        words = f"The disk at {self.root} holds 85 % of the files that it can hold: 15000 more can be created."
        self.assertEqual(self.output.count(words), 1, self.output)

    def test_distinguishes_a_full_disk_from_another_error(self) -> None:
        self.assertTrue(space.is_out_of_space(OSError(errno.ENOSPC, "")))
        self.assertFalse(space.is_out_of_space(OSError(errno.EACCES, "")))
