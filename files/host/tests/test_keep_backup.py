"""The backup as commands of the program have it made."""

from __future__ import annotations

import dataclasses
import os
import stat
import time
from unittest import mock

from site_apply import command, keep_backup
from site_apply.errors import Refusal
from site_apply.history.config import History, Keep, Source, Watched
from site_apply.manifest import Backup, Manifest, Service

from .support import HostTest


class KeepBackupTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.backup = Backup("site-backup", str(self.root / "data/backup"), str(self.root / "mnt/b"), str(self.root / "mnt/b"))
        watched = Watched(self.backup.state, str(self.root / "data/notices/backup"))
        history = History(str(self.root / "history"), 15, 20, Keep(1, 7, 30, 365), [], backup=watched)
        self.manifest = Manifest(1, "one", "lab", history=history, backup=self.backup)
        (self.root / "data/notices").mkdir(parents=True)

    def fake_docker(self, code: int, said: str) -> list[list[str]]:
        """Replaces Docker: `compose` has this result, and MariaDB runs in the container c0ffee. Returns the commands."""
        called: list[list[str]] = []

        def run(argv: list[str], **_: object) -> command.Result:
            called.append(argv)
            listed = b"c0ffee running lab-mariadb-1 none mariadb False " if "--format" in argv else b"c0ffee"
            return command.Result(code, said.encode()) if argv[1] == "compose" else command.Result(0, listed)

        for patched in (mock.patch("site_apply.docker.run", run), mock.patch("site_apply.machine.check")):
            patched.start()
            self.addCleanup(patched.stop)
        return called

    def release(self) -> None:
        self.write(
            "releases/one/release.json",
            '{"version": 1, "release": "one", "project": "lab", "backup":'
            f' {{"service": "site-backup", "state": "{self.backup.state}", "destination": "/mnt/b"}}}}',
        )
        os.symlink("releases/one", self.layout.current)

    def test_is_one_run_of_the_service_and_says_what_it_said(self) -> None:
        self.release()
        called = self.fake_docker(0, " Container lab-site-backup-run-1  Creating\nBackup: notebooks is in the backup.")
        self.assertEqual(keep_backup.back_up(self.layout), 0)
        words = ["--profile", "backup", "run", "--rm", "--no-deps", "-T", "site-backup", "once"]
        self.assertEqual([argv[-len(words) :] for argv in called], [words])
        self.assertEqual(self.output, "Backup: notebooks is in the backup.\n")

    def test_fails_if_a_source_could_not_be_backed_up(self) -> None:
        self.release()
        self.fake_docker(1, "Backup: home could not be backed up.")
        self.assertEqual(keep_backup.back_up(self.layout), 1)
        self.assertIn("home could not be backed up", self.output)

    def test_leaves_no_container_of_a_run_that_took_too_long(self) -> None:
        self.release()
        called = self.fake_docker(command.TIMED_OUT, "")
        self.assertEqual(keep_backup.back_up(self.layout), 1)
        self.assertIn("label=com.docker.compose.oneoff=True", called[1])
        self.assertEqual(called[2], ["docker", "rm", "--force", "c0ffee"])
        self.assertIn("The next one goes on from there", self.output)

    def test_is_refused_if_the_site_has_none(self) -> None:
        self.fake_docker(0, "")
        with self.assertRaisesRegex(Refusal, "No site runs here that has a backup.*pulumi config set --path backup.to FOLDER"):
            keep_backup.back_up(self.layout)

    def test_has_folders_that_nobody_else_can_read(self) -> None:
        for _ in range(2):
            keep_backup.make_folders(self.manifest)
        modes = [stat.S_IMODE((self.root / path).stat().st_mode) for path in ("data", "data/backup", "mnt/b")]
        self.assertEqual(modes, [0o755, 0o700, 0o700])

    def test_leaves_a_folder_that_is_there_as_it_is(self) -> None:
        (self.root / "mnt/b").mkdir(parents=True)
        (self.root / "mnt/b").chmod(0o2770)
        keep_backup.make_folders(self.manifest)
        self.assertEqual(stat.S_IMODE((self.root / "mnt/b").stat().st_mode), 0o2770)

    def test_refuses_a_folder_that_cannot_be_made(self) -> None:
        self.write("mnt")
        with self.assertRaisesRegex(Refusal, "(?s)mnt/b cannot be made by .*Nothing was changed.*backup.to FOLDER"):
            keep_backup.make_folders(self.manifest)

    def test_says_why_the_last_one_failed(self) -> None:
        self.write("data/backup/good")
        self.write("data/backup/issue", "another key opens the backup\n")
        keep_backup.warn(self.layout, self.manifest)
        self.assertEqual(
            self.output,
            f"The last backup was not whole: another key opens the backup. Make one now: sh '{self.root}/bin/site-apply' backup\n",
        )

    def test_says_that_the_last_one_is_old(self) -> None:
        good = self.write("data/backup/good", "")
        self.write("data/backup/restored", "")
        keep_backup.warn(self.layout, self.manifest)
        self.assertEqual(self.output, "")
        os.utime(good, (0, time.time() - 4.5 * 24 * 3600))
        keep_backup.warn(self.layout, self.manifest)
        self.assertIn("The last whole backup is 4 days old.", self.output)

    def test_says_that_no_restore_has_been_tried_for_long(self) -> None:
        self.write("data/backup/good", "")
        restored = self.write("data/backup/restored", "")
        os.utime(restored, (0, time.time() - 7.9 * 24 * 3600))
        keep_backup.warn(self.layout, self.manifest)
        self.assertEqual(self.output, "")
        os.utime(restored, (0, time.time() - 8.1 * 24 * 3600))
        keep_backup.warn(self.layout, self.manifest)
        self.assertIn("No restore has been tried for more than a week", self.output)

    def with_databases(self) -> Manifest:
        sources = [Source(str(self.root / "dumps/others"), "site/databases", [".new"])]
        assert self.manifest.history
        history = dataclasses.replace(self.manifest.history, sources=sources)
        return dataclasses.replace(self.manifest, history=history, services=[Service("mariadb", drill=["sh", "drill.sh"])])

    def test_says_that_no_restore_of_the_databases_has_been_tried_for_long(self) -> None:
        self.write("data/backup/good", "")
        self.write("data/backup/restored", "")
        good = self.write("dumps/others/.new/drill.good", "")
        keep_backup.warn(self.layout, self.with_databases())
        self.assertEqual(self.output, "")
        os.utime(good, (0, time.time() - 8.1 * 24 * 3600))
        keep_backup.warn(self.layout, self.with_databases())
        self.assertIn("No restore has been tried for more than a week", self.output)

    def test_says_why_a_drill_of_the_databases_failed(self) -> None:
        self.write("data/backup/good", "")
        self.write("data/backup/restored", "")
        self.write("dumps/others/.new/drill.failed", "the dump of the database notes cannot be loaded\n")
        keep_backup.warn(self.layout, self.with_databases())
        self.assertIn("The last drill of the backup failed: the dump of the database notes cannot be loaded. Make one", self.output)

    def test_has_the_databases_drilled_and_fails_with_the_drill(self) -> None:
        self.release()
        self.fake_docker(0, "")
        with mock.patch("site_apply.keep_backup.site_with_backup", return_value=(self.with_databases(), self.backup)):
            self.assertEqual(keep_backup.back_up(self.layout), 0)
            self.assertEqual(self.output, "c0ffee\n")
            with mock.patch("site_apply.docker.act", return_value=command.Result(1, b"Backup: it differs.")) as act:
                self.assertEqual(keep_backup.back_up(self.layout), 1)
        self.assertEqual(act.call_args.args, ("exec", "c0ffee", "sh", "drill.sh"))
        self.assertIn("Backup: it differs.", self.output)

    def test_says_that_none_was_ever_made(self) -> None:
        keep_backup.make_folders(self.manifest)
        keep_backup.warn(self.layout, self.manifest)
        self.assertEqual(self.output, "")
        os.utime(self.root / "data/backup/begun", (0, time.time() - 4.5 * 24 * 3600))
        keep_backup.make_folders(self.manifest)
        keep_backup.warn(self.layout, self.manifest)
        self.assertIn("No backup has been made since it was switched on 4 days ago. Make one now", self.output)

    def test_says_nothing_before_the_first_one_and_without_a_backup(self) -> None:
        keep_backup.warn(self.layout, self.manifest)
        keep_backup.warn(self.layout, dataclasses.replace(self.manifest, backup=None))
        keep_backup.make_folders(dataclasses.replace(self.manifest, backup=None))
        self.assertEqual(self.output, "")
