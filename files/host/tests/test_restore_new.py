"""Tests of the restore into a new site. restic itself runs in tests/integration/backup.test.ts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from unittest import mock

from site_apply import restore_new
from site_apply.command import Result
from site_apply.docker import Project
from site_apply.errors import NotStarted, Refusal
from site_apply.history.config import History, Keep, Source
from site_apply.manifest import Backup, Manifest, RestoreFrom, Service
from site_apply.restore import Wanted

from .support import HostTest


class RestoreNewTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.notebooks = self.root / "notebooks"
        (self.notebooks / "History").mkdir(parents=True)
        (self.root / "state").mkdir()
        sources = [
            Source(str(self.notebooks), "jupyter/notebooks", ["History"]),
            Source(str(self.root / "missing"), "jupyter/home"),
        ]
        history = History(str(self.root / "history"), 15, 20, Keep(1, 7, 30, 365), sources)
        backup = Backup("site-backup", str(self.root / "state"), "/mnt/b", restore=RestoreFrom("lab-old", "2026-11-28T07:15:00"))
        self.manifest = Manifest(1, "one", "lab", history=history, backup=backup, services=[Service("mariadb", load=["load"])])
        self.project = Project("lab")
        self.restored = self.replace("site_apply.restore.restore_everything")
        self.ready = self.replace("site_apply.restore_new.is_ready", return_value=True)
        self.compose = self.replace("site_apply.docker.Project.compose", return_value=Result(0))

    def replace(self, name: str, **options: Any) -> mock.Mock:
        patched = mock.patch(name, mock.Mock(**options))
        self.addCleanup(patched.stop)
        return patched.start()

    def release(self) -> None:
        restore_new.check(self.manifest)
        restore_new.restore_new(self.layout, self.manifest, self.project)

    def test_restores_everything_once_after_the_databases_have_started(self) -> None:
        self.restored.side_effect = lambda *_: self.assertTrue(self.ready.called)
        self.release()
        wanted = Wanted(at="2026-11-28T07:15:00", site="lab-old", naming="pulumi config set --path backup.restore.from")
        self.restored.assert_called_once_with(self.layout, self.manifest, self.project, wanted)
        self.assertEqual(self.compose.call_args.args[-1], "mariadb")
        (self.notebooks / "a.ipynb").write_text("later work")
        self.release()
        self.restored.assert_called_once()

    def test_repeats_an_interrupted_restore(self) -> None:
        def interrupted(*_: object) -> None:
            (self.notebooks / "a.ipynb").write_text("half")
            raise KeyboardInterrupt

        self.restored.side_effect = interrupted
        with self.assertRaises(KeyboardInterrupt):
            self.release()
        self.restored.side_effect = None
        self.release()
        self.assertEqual(self.restored.call_count, 2)

    def test_refuses_to_overwrite_work(self) -> None:
        (self.notebooks / "a.ipynb").write_text("mine")
        with self.assertRaisesRegex(Refusal, "is for a new stack.*Nothing was changed.*pulumi config rm --path backup.restore"):
            self.release()
        self.restored.assert_not_called()

    def test_fails_the_release_if_the_backup_cannot_be_read(self) -> None:
        self.restored.side_effect = Refusal("The key does not open the backup.")
        with self.assertRaises(NotStarted):
            self.release()
        self.assertIn("The key does not open the backup.", self.output)

    def test_fails_the_release_if_the_database_does_not_start(self) -> None:
        self.ready.return_value = False
        with self.assertRaises(NotStarted):
            self.release()
        self.restored.assert_not_called()

    def test_does_nothing_without_the_setting(self) -> None:
        backup = self.manifest.backup
        assert backup
        for each in (None, dataclasses.replace(backup, restore=None)):
            self.manifest = dataclasses.replace(self.manifest, backup=each)
            self.release()
        self.restored.assert_not_called()
        self.assertEqual(list(Path(self.root / "state").iterdir()), [])
