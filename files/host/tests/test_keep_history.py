"""Tests of the history in a release."""

from __future__ import annotations

import dataclasses
import os
import stat
from typing import Any
from unittest import mock

from site_apply import keep_history
from site_apply.command import Result
from site_apply.docker import Project
from site_apply.errors import Refusal
from site_apply.history.config import History, Keep, Source
from site_apply.history.store import Store
from site_apply.history.turn import RELEASE
from site_apply.manifest import Manifest, Purged, Service

from .support import HostTest, containers_of


class KeepHistoryTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        (self.root / "notebooks").mkdir()
        sources = [Source(str(self.root / "notebooks"), "jupyter/notebooks", ["History"])]
        self.history = History(
            str(self.root / "data/history"), 15, 20, Keep(1, 7, 30, 365), sources, str(self.root / "notebooks/History")
        )
        self.manifest = Manifest(1, "one", "lab", history=self.history)

    def with_database(self) -> Manifest:
        return dataclasses.replace(self.manifest, services=[Service("mariadb", dump=["sh", "dump.sh"])])

    def test_creates_an_empty_mount_point_with_the_owner_of_the_notebooks(self) -> None:
        os.chown(self.root / "notebooks", 1234, 100)
        for _ in range(2):
            keep_history.make_mount_point(self.manifest)
        place = (self.root / "notebooks/History").stat()
        self.assertEqual((place.st_uid, place.st_gid, stat.S_IMODE(place.st_mode)), (1234, 100, 0o755))

    def test_refuses_to_hide_a_file_a_link_or_a_folder_with_content(self) -> None:
        place = self.root / "notebooks/History"
        makes: list[Any] = [
            lambda: self.write("notebooks/History/mine"),
            lambda: self.write("notebooks/History"),
            lambda: os.symlink("/etc", place),
        ]
        for make in makes:
            make()
            with self.assertRaisesRegex(Refusal, f"(?s){place} already exists.*Nothing was changed.*mv '{place}'"):
                keep_history.make_mount_point(self.manifest)
            os.rename(place, self.root / f"aside-{len(os.listdir(self.root))}")

    def test_creates_a_folder_that_only_its_owner_can_enter(self) -> None:
        keep_history.make_folders(self.manifest)
        modes = [stat.S_IMODE((self.root / path).stat().st_mode) for path in ("data", "data/history", "data/history/jupyter")]
        self.assertEqual(modes, [0o755, 0o700, 0o755])

    def test_saves_the_state_before_a_release_and_postpones_the_timers_runs(self) -> None:
        self.write("notebooks/a.ipynb")
        keep_history.make_folders(self.manifest)
        project = Project("lab")
        project.snapshot = containers_of  # type: ignore[method-assign]
        with keep_history.during_release(self.manifest, self.manifest, project):
            self.assertTrue(Store(self.history.folder).is_locked(RELEASE))
        self.assertFalse(Store(self.history.folder).is_locked(RELEASE))
        self.assertIn("History: saved the state of jupyter/notebooks.", self.output)

    def test_a_release_that_removes_somebody_waits_only_a_few_seconds(self) -> None:
        keep_history.make_folders(self.manifest)
        before = dataclasses.replace(self.manifest, allow=["ann@example.com", "eve@example.com"])
        for allow, within in ((["ann@example.com", "eve@example.com", "@new.example"], 20), (["ann@example.com"], 4)):
            newest = dataclasses.replace(self.manifest, allow=allow)
            with mock.patch.object(keep_history, "_save_before") as saved:
                with keep_history.during_release(newest, before, Project("lab")):
                    pass
            self.assertEqual(saved.call_args.args[-1], within)

    def test_a_timer_dumps_no_database_during_a_release(self) -> None:
        keep_history.make_folders(self.manifest)
        self.write("notebooks/a.ipynb")
        with mock.patch.object(keep_history, "manifest_of", return_value=self.manifest), mock.patch("site_apply.machine.check"):
            with mock.patch.object(keep_history, "_dump") as dumped:
                with Store(self.history.folder).locked(RELEASE):
                    keep_history.keep(self.layout)
                self.assertEqual((dumped.call_count, self.output), (0, ""))
                keep_history.keep(self.layout)
                self.assertEqual(dumped.call_count, 1)
        self.assertIn("saved the state of jupyter/notebooks", self.output)

    def test_removes_the_states_of_a_purged_app_and_of_no_other(self) -> None:
        keep_history.make_folders(self.manifest)
        site = "data/history/site"
        gone = [f"{site}/apps/old/data/2026-11-28 07.15/a", f"{site}/databases/2026-11-28 07.15/old.sql.gz"]
        stays = [f"{site}/apps/older/data/2026-11-28 07.15/a", f"{site}/databases/2026-11-28 07.15/older.sql.gz"]
        gone.append("data/history/dumps/others/old.sql.gz")
        stays.append("data/history/jupyter/notebooks/2026-11-28 07.15/old.sql.gz")
        for path in [*gone, *stays]:
            self.write(path)
        keep_history.forget_purged(dataclasses.replace(self.manifest, purge=[Purged("old", "/srv/old")]))
        self.assertEqual([path for path in [*gone, *stays] if (self.root / path).exists()], stays)
        self.assertFalse(Store(self.history.folder).state.is_right)
        self.assertEqual(self.output, "")

    def test_an_error_does_not_stop_a_release(self) -> None:
        keep_history.make_folders(self.manifest)
        project = Project("lab")

        project.snapshot = mock.Mock(side_effect=RuntimeError("out of order"))  # type: ignore[method-assign]
        manifest = self.with_database()
        with keep_history.during_release(manifest, manifest, project):
            pass
        self.assertIn("The state before this release could not be saved: out of order", self.output)

    def test_refuses_a_restore_if_the_databases_are_not_dumped(self) -> None:
        project = Project("lab")
        project.snapshot = lambda: containers_of("mariadb")  # type: ignore[method-assign]
        with mock.patch("site_apply.docker.act", return_value=Result(1, b"no space")):
            with self.assertRaisesRegex(Refusal, "Nothing was restored, because the databases could not be dumped"):
                keep_history.save_now(self.with_database(), self.history, project)
        self.assertIn("mariadb says: no space", self.output)
