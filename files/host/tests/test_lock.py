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
    def test_is_a_link_that_names_its_holder_and_is_given_back(self) -> None:
        with lock.held(self.layout):
            self.assertTrue(lock.is_alive(target_of(self.root / "lock")))
            self.assertTrue(target_of(self.root / "lock").startswith(f"{os.getpid()}-"))
        self.assertFalse((self.root / "lock").is_symlink())

    def test_is_given_back_where_the_work_fails(self) -> None:
        with self.assertRaises(ValueError), lock.held(self.layout):
            raise ValueError
        with lock.held(self.layout):
            pass

    def test_names_no_process_that_is_gone_or_another_one_by_now(self) -> None:
        ended = subprocess.Popen(["true"])
        ended.wait()
        for holder in ("", "somebody-else", f"{ended.pid}-1", f"{os.getpid()}-1", f"{os.getpid()}"):
            self.assertFalse(lock.is_alive(holder), holder)

    def test_gives_up_after_its_time_and_names_the_holder(self) -> None:
        other = subprocess.Popen(["sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        while not lock.started_at(other.pid):
            time.sleep(0.01)
        os.symlink(f"{other.pid}-{lock.started_at(other.pid)}", self.root / "lock")
        with mock.patch.object(times, "TURN_WITHIN", 0), self.assertRaisesRegex(Refusal, rf"process {other.pid}\)"):
            with lock.held(self.layout):
                pass

    def test_says_so_where_no_symbolic_link_can_be_made(self) -> None:
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
