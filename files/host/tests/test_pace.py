"""Tests of the limits that follow from the machine."""

from __future__ import annotations

import os
from typing import Optional
from unittest import mock

from site_apply import docker, health, images, log, pace, times
from site_apply.docker import Engine
from site_apply.manifest import Image
from site_apply.pace import Disk

from .support import HostTest

MICRO = Disk(3.6, 22)
SSD = Disk(400, 8000)


class PaceTest(HostTest):
    def limits(self, disk: Optional[Disk], memory_mib: int) -> tuple[int, int, int]:
        """For readiness, for the pull of Jupyter's image, and for a command."""
        engine = Engine("/nowhere", memory_mib << 20, 2, [])
        with mock.patch.object(docker, "engine", lambda: engine), mock.patch.object(pace, "disk", lambda: disk):
            return round(pace.ready_within()), round(pace.pulled_within(4600)), pace.prepare_within()

    def test_limits_are_sized_by_disk_and_memory(self) -> None:
        self.assertEqual(self.limits(SSD, 16000), (180, 4634, 240))
        self.assertEqual(self.limits(SSD, 966), (600, 4634, 960))
        self.assertEqual(self.limits(MICRO, 966), (860, 8433, 960))
        self.assertEqual(self.limits(Disk(50, 80), 8000), (280, 4876, 240))
        self.assertEqual(self.limits(Disk(0.5, 2), 966), (times.READY_WITHIN, times.PULLED_WITHIN, 960))
        self.assertEqual(self.limits(None, 8000), (times.READY_WITHIN, times.PULLED_WITHIN, 240))

    def test_the_first_pull_on_an_e2_micro_says_how_long_it_takes_and_why(self) -> None:
        wanted = [Image("site/web:1", 4600), Image("site/other:1", 600)]
        with mock.patch.object(pace, "disk", lambda: MICRO):
            images._announce_pull(wanted)
        self.assertEqual(
            self.output,
            "5200 MiB of images are missing, and this disk writes about 3.6 MiB and reads about 22 times a second: the pull takes"
            " about 36 minutes.\n",
        )

    def test_a_fast_pull_is_not_announced(self) -> None:
        with mock.patch.object(pace, "disk", lambda: SSD):
            images._announce_pull([Image("site/web:1", 4600)])
        self.assertEqual(self.output, "")

    def test_measures_this_disk_and_leaves_nothing(self) -> None:
        engine = Engine(str(self.root), 0, 2, [])
        pace.disk.cache_clear()
        self.addCleanup(pace.disk.cache_clear)
        with mock.patch.object(docker, "engine", lambda: engine):
            disk = pace.disk()
        assert disk
        self.assertGreater(disk.write, 0)
        self.assertGreater(disk.reads, 0)
        self.assertEqual(os.listdir(self.root), ["bin"])

    def test_does_not_measure_before_it_matters(self) -> None:
        waiting = log.Waiting("Waiting")
        with mock.patch.object(pace, "disk", side_effect=AssertionError):
            self.assertFalse(health._is_over(waiting, None))

    def test_says_how_much_of_a_pull_is_left(self) -> None:
        self.assertEqual(images._so_far(1200, 4600, 600), ": about 1200 of 4600 MiB, 28 minutes left")
        self.assertEqual(images._so_far(-5, 4600, 60), "")
