"""Tests of which trees are kept."""

from __future__ import annotations

import random
import unittest

from site_apply.history.config import Keep
from site_apply.history.thinning import PROTECTED, kept

HOUR, DAY = 3600, 24 * 3600
KEEP = Keep(all=1, hourly=7, daily=30, monthly=365)
# 2026-11-28 00:00 UTC
MIDNIGHT = 1795824000.0


class ThinningTest(unittest.TestCase):
    def test_keeps_every_tree_for_a_day_then_one_an_hour_a_day_and_a_month(self) -> None:
        trees = [MIDNIGHT - minutes * 60 for minutes in range(0, 400 * 24 * 60, 15)]
        ages = sorted((MIDNIGHT - moment) / DAY for moment in kept(trees, KEEP))

        def count(begin: float, end: float) -> int:
            return sum(begin <= age < end for age in ages)

        self.assertEqual(count(0, 1), 96)
        self.assertEqual(count(1, 7), 6 * 24)
        self.assertEqual(count(7, 30), 23)
        self.assertEqual(count(30, 365), 11)
        self.assertEqual(count(365, 500), 0)

    def test_keeps_the_newest_of_a_period(self) -> None:
        hour = MIDNIGHT - 2 * DAY
        trees = [hour + 60, hour + 1800, hour + 3599, MIDNIGHT]
        self.assertEqual(kept(trees, KEEP), {hour + 3599, MIDNIGHT})

    def test_removes_nothing_as_long_as_nothing_changes(self) -> None:
        long_ago = [MIDNIGHT - 900 * DAY - hours * HOUR for hours in range(10)]
        self.assertEqual(kept(long_ago, KEEP), set(long_ago))

    def test_always_keeps_the_newest(self) -> None:
        self.assertEqual(kept([1, 2, 3], Keep(0, 0, 0, 0)), {3})
        self.assertEqual(kept([], KEEP), set())

    def test_gives_the_same_result_when_applied_again(self) -> None:
        chance = random.Random(1)
        for _ in range(100):
            trees = {MIDNIGHT - chance.random() * 100 * DAY for _ in range(chance.randrange(1, 300))}
            stays = kept(trees, KEEP)
            self.assertEqual(kept(stays, KEEP), stays)
            self.assertIn(max(trees), stays)

    def test_protects_one_tree_of_each_of_the_last_days(self) -> None:
        trees = [MIDNIGHT - hours * HOUR for hours in range(24 * 20)]
        self.assertEqual(len([moment for moment in kept(trees, PROTECTED) if MIDNIGHT - moment >= DAY]), 6)
