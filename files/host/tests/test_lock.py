from __future__ import annotations

import os
import subprocess
import time
from unittest import mock

from site_apply import lock, times
from site_apply.errors import Refusal
from site_apply.layout import target_of

from .support import HostTest


class LockTest(HostTest):
    def test_is_a_link_that_names_its_holder_and_is_removed_at_the_end(self) -> None:
        with lock.held(self.layout):
            self.assertTrue(lock.is_alive(target_of(self.root / "lock")))
            self.assertTrue(target_of(self.root / "lock").startswith(f"{os.getpid()}-"))
        self.assertFalse((self.root / "lock").is_symlink())

    def test_is_released_after_an_error(self) -> None:
        with self.assertRaises(ValueError), lock.held(self.layout):
            raise ValueError
        with lock.held(self.layout):
            pass

    def test_is_not_held_by_a_process_that_ended_or_by_a_newer_one_with_its_number(self) -> None:
        ended = subprocess.Popen(["true"])
        ended.wait()
        for holder in ("", "somebody-else", f"{ended.pid}-1", f"{os.getpid()}-1", f"{os.getpid()}"):
            self.assertFalse(lock.is_alive(holder), holder)

    def test_gives_up_after_the_time_limit_and_names_the_holder(self) -> None:
        other = subprocess.Popen(["sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        while not lock.started_at(other.pid):
            time.sleep(0.01)
        os.symlink(f"{other.pid}-{lock.started_at(other.pid)}", self.root / "lock")
        with mock.patch.object(times, "TURN_WITHIN", 0), self.assertRaisesRegex(Refusal, rf"process {other.pid}\."):
            with lock.held(self.layout):
                pass

    def test_says_whose_run_it_waits_for_and_since_when(self) -> None:
        lock.name_run("release")
        environment = {"SUDO_USER": "ann", "SSH_CONNECTION": "203.0.113.7 50000 10.0.0.2 22"}
        with mock.patch.dict(os.environ, environment), lock.held(self.layout):
            holder = lock._holder(self.root / "lock")
        self.assertRegex(
            holder, rf"^release by ann from 203\.0\.113\.7 since \d{{4}}-\d\d-\d\d [\d:]{{8}} UTC \(process {os.getpid()}\)$"
        )
        self.assertEqual(sorted(os.listdir(self.root)), ["bin"])

    def test_does_not_attribute_the_lock_to_a_run_that_was_killed(self) -> None:
        self.write("lock.holder", "1 release by ann since 2026-11-28 21:03:05 UTC\n")
        os.symlink("2-5", self.root / "lock")
        self.assertEqual(lock._holder(self.root / "lock"), "process 2")

    def test_explains_that_no_symbolic_link_can_be_created(self) -> None:
        refused = mock.patch.object(os, "symlink", side_effect=PermissionError(1, "Operation not permitted"))
        with (
            refused,
            self.assertRaisesRegex(
                Refusal,
                "^No symbolic link can be created in .*, but a release needs them: .*FAT.* system says: Operation not permitted$",
            ),
            lock.held(self.layout),
        ):
            pass
