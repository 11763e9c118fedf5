"""The sentence about the backup on the front page."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from site_apply.history import backup_state
from site_apply.history.config import History, Keep, Source, Watched

from .support import HostTest


class NoticeTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.notice = self.root / "notices/backup"
        self.notice.parent.mkdir()
        (self.root / "backup").mkdir()
        watched = Watched(str(self.root / "backup"), str(self.notice))
        sources = [Source(str(self.root / "dumps"), "site/databases", [".new"])]
        self.history = History(str(self.root / "history"), 15, 20, Keep(1, 7, 30, 365), sources, backup=watched)

    def left(self, path: str, days: float = 0, text: str = "") -> Path:
        """A file that a run left some days ago."""
        file = self.write(path, text)
        os.utime(file, (0, time.time() - days * 24 * 3600))
        return file

    def good(self) -> None:
        self.left("backup/begun", 30)
        for path in ("backup/good", "backup/restored", "dumps/.new/drill.good"):
            self.left(path)

    def shown(self) -> str:
        backup_state.write_notice(self.history)
        return self.notice.read_text("utf-8")

    def test_is_empty_while_the_backup_is_good(self) -> None:
        self.good()
        self.assertEqual(self.shown(), "")
        self.assertEqual(stat.S_IMODE(self.notice.stat().st_mode), 0o644)

    def test_is_empty_before_the_first_backup_is_late(self) -> None:
        self.left("backup/begun", 2.9)
        self.assertEqual(self.shown(), "")
        self.left("backup/begun", 3.1)
        self.assertEqual(self.shown(), "No backup was made since it was switched on 3 days ago.")

    def test_says_that_the_last_one_failed_and_not_why(self) -> None:
        self.good()
        self.left("backup/issue", text="the backup at /mnt/secret is damaged")
        self.assertEqual(self.shown(), "The last backup failed. The last good one is less than a day old.")
        self.left("backup/good", 1.5)
        self.assertEqual(self.shown(), "The last backup failed. The last good one is 1 day old.")
        (self.root / "backup/good").unlink()
        self.assertEqual(self.shown(), "The last backup failed. There is no good one yet.")

    def test_says_that_the_last_one_is_old(self) -> None:
        self.good()
        self.left("backup/good", 2.9)
        self.assertEqual(self.shown(), "")
        self.left("backup/good", 3.1)
        self.assertEqual(self.shown(), "The last backup is 3 days old.")

    def test_says_that_the_last_trial_of_a_restore_failed_or_is_old(self) -> None:
        self.good()
        self.left("backup/restored", 7.9)
        self.assertEqual(self.shown(), "")
        self.left("backup/restored", 8.1)
        self.assertEqual(self.shown(), "There was no good trial of a restore from the backup for 8 days.")
        self.left("dumps/.new/drill.failed", text="the dump of the database notes cannot be loaded")
        self.assertEqual(self.shown(), "The last trial of a restore from the backup failed.")
        (self.root / "dumps/.new/drill.failed").unlink()
        (self.root / "backup/restored").unlink()
        self.left("backup/begun", 7.9)
        self.assertEqual(self.shown(), "")
        self.left("backup/begun", 9.1)
        self.assertEqual(self.shown(), "There was no good trial of a restore from the backup for 9 days.")

    def test_is_written_again_only_if_it_differs(self) -> None:
        self.good()
        self.shown()
        before = self.notice.stat().st_ino
        self.shown()
        self.assertEqual(self.notice.stat().st_ino, before)
        self.left("backup/good", 5)
        self.shown()
        self.assertNotEqual(self.notice.stat().st_ino, before)

    def test_fails_nothing_if_it_cannot_be_written(self) -> None:
        self.notice.parent.rmdir()
        backup_state.write_notice(self.history)
        self.assertFalse(self.notice.exists())

    def test_is_not_written_without_a_backup(self) -> None:
        backup_state.write_notice(History(str(self.root), 15, 20, Keep(1, 7, 30, 365), []))
        self.assertFalse(self.notice.exists())
