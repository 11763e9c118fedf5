"""What a restore asks restic for, and what it says. restic itself runs in tests/integration/backup.test.ts."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
from pathlib import Path
from typing import Any, Optional
from unittest import mock

from site_apply import new_folder
from site_apply.command import Result
from site_apply.docker import Project
from site_apply.errors import Refusal
from site_apply.history.config import History, Keep, Source
from site_apply.manifest import Backup, Manifest, Service
from site_apply.restore import Wanted, restore

from .support import HostTest, containers_of

FIRST, SECOND, DUMP, VOLUME = ("11" * 32, "22" * 32, "33" * 32, "44" * 32)

TO_TARGET = ("--target", "/target", "--exclude-xattr", "*")


def snapshot(id_: str, time: str, tag: str, host: str = "lab") -> dict[str, Any]:
    return {"id": id_, "time": time, "tags": [tag], "hostname": host}


class RestoreTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.sources = {
            "notebooks": Source(str(self.root / "notebooks"), "jupyter/notebooks"),
            "others": Source(str(self.root / "dumps/others"), "site/databases"),
            "own": Source(str(self.root / "dumps/notebooks"), "jupyter/database"),
            "volume": Source(str(self.root / "apps/notes/data"), "site/apps/notes/data"),
        }
        for source in self.sources.values():
            Path(source.path).mkdir(parents=True)
        history = History(
            str(self.root / "history"),
            15,
            20,
            Keep(1, 7, 30, 365),
            list(self.sources.values()),
            str(self.root / "notebooks/History"),
        )
        self.manifest = Manifest(
            1,
            "one",
            "lab",
            services=[Service("mariadb", load=["sh", "load.sh"])],
            history=history,
            backup=Backup("site-backup", str(self.root / "backup"), "/mnt/b"),
        )
        self.snapshots = [
            snapshot(FIRST, "2026-11-27T07:15:00Z", "notebooks"),
            snapshot(SECOND, "2026-11-28T07:15:00Z", "notebooks"),
            snapshot("55" * 32, "2026-11-28T09:00:00Z", "notebooks", "another-site"),
            snapshot(DUMP, "2026-11-28T07:00:00Z", "databases"),
            snapshot(VOLUME, "2026-11-28T07:00:00Z", "apps/notes/data"),
        ]
        # What `restic ls` and `restic restore --dry-run` print.
        self.nodes: dict[str, str] = {"/a.ipynb": "file"}
        self.changes: list[tuple[str, str]] = [("updated", "/a.ipynb")]
        self.fails: Optional[tuple[int, str]] = None
        self.asked: list[list[str]] = []
        self.mounted: list[str] = []
        self.acted: list[tuple[str, ...]] = []
        self.kept = mock.Mock()
        for target, new in {
            "site_apply.machine.check": mock.Mock(),
            "site_apply.restore.site_with_backup": lambda _: (self.manifest, self.manifest.backup),
            "site_apply.keep_history.save_now": self.kept,
            "site_apply.docker.act": self.act,
        }.items():
            patched = mock.patch(target, new)
            patched.start()
            self.addCleanup(patched.stop)
        for name, method in {
            "compose": self.compose,
            "snapshot": lambda _: containers_of("mariadb", "notes"),
        }.items():
            patch = mock.patch.object(Project, name, method)
            patch.start()
            self.addCleanup(patch.stop)

    def act(self, *words: str, **_: object) -> Result:
        self.acted.append(words)
        return Result(0)

    def compose(self, _: Path, *words: str, more_files: list[Path], **__: object) -> Result:
        argv = list(words[words.index("site-backup") + 1 :])
        self.asked.append(argv)
        for file in more_files:
            mounts = json.loads(file.read_text())["services"]["site-backup"]["volumes"]
            self.mounted += [mount["source"] for mount in mounts]
        if self.fails:
            return Result(self.fails[0], self.fails[1].encode())
        lines: list[Any] = []
        if argv[0] == "snapshots":
            lines = [self.snapshots]
        elif argv[0] == "ls":
            lines = [{"message_type": "snapshot"}, *({"path": path, "type": kind} for path, kind in self.nodes.items())]
        elif "--dry-run" in argv:
            lines = [{"message_type": "verbose_status", "action": action, "item": item} for action, item in self.changes]
        return Result(0, "\n".join([" Container lab-run Creating", *map(json.dumps, lines)]).encode())

    def restored(self) -> list[list[str]]:
        return [argv for argv in self.asked if argv[0] == "restore" and "--dry-run" not in argv]

    def test_lists_what_changes_and_changes_nothing(self) -> None:
        self.nodes = {"/work/reports": "dir", "/work/reports/a.ipynb": "file", "/work/reports/b.ipynb": "file"}
        self.changes = [
            ("restored", "/work"),
            ("restored", "/work/reports"),
            ("restored", "/work/reports/a.ipynb"),
            ("updated", "/work/reports/b.ipynb"),
            ("unchanged", "/work/reports/c"),
        ]
        self.assertEqual(restore(self.layout, Wanted(path="notebooks/work/reports", is_dry=True)), 0)
        self.assertEqual(
            self.output,
            "notebooks/work/reports of 2026-11-28 07:15 (UTC):\n"
            "  comes back: notebooks/work/reports/a.ipynb\n"
            "  is overwritten: notebooks/work/reports/b.ipynb\n",
        )
        self.assertEqual((self.restored(), self.kept.mock_calls), ([], []))

    def test_counts_what_is_too_much_for_a_list(self) -> None:
        self.changes = [("restored", f"/{number}") for number in range(30)]
        restore(self.layout, Wanted(path="notebooks", is_dry=True))
        self.assertIn("  comes back: notebooks/19\n  ... of 30 files: 30 comes back\n", self.output)

    def test_keeps_the_present_state_before_it_overwrites_a_file(self) -> None:
        self.kept.side_effect = lambda *_: self.assertEqual(self.restored(), [])
        restore(self.layout, Wanted(path="notebooks/a.ipynb"))
        self.kept.assert_called_once()
        self.assertEqual(self.restored(), [["restore", SECOND, *TO_TARGET, "--include", "/a.ipynb", "--json", "--no-lock"]])
        self.assertIn("Everything is restored.", self.output)

    def test_gives_restic_the_one_folder_that_it_restores(self) -> None:
        restore(self.layout, Wanted(path="notebooks/a.ipynb"))
        self.assertEqual(set(self.mounted), {str(self.root / "notebooks")})
        self.assertFalse((self.root / "restore.json").exists())

    def test_takes_the_newest_state_before_a_time(self) -> None:
        restore(self.layout, Wanted(at="2026-11-28T07:14:59", path="notebooks/a.ipynb"))
        self.assertEqual(self.restored()[0][1], FIRST)

    def test_takes_a_name_with_special_characters_literally(self) -> None:
        self.nodes = {"/a*[1]?\\.ipynb": "file"}
        restore(self.layout, Wanted(path="notebooks/a*[1]?\\.ipynb"))
        self.assertIn("/a\\*\\[1\\]\\?\\\\.ipynb", self.restored()[0])

    def test_loads_a_database_from_its_dump(self) -> None:
        self.nodes = {"/notes.sql.gz": "file"}
        restore(self.layout, Wanted(path="databases/notes"))
        self.assertIn("the database notes becomes what it was", self.output)
        self.assertEqual(self.mounted, [str(self.root / "dumps/others/.new/restore")])
        self.assertIn(("exec", "mariadb-1", "sh", "load.sh", "others/.new/restore/notes.sql.gz"), self.acted)
        self.assertFalse((self.root / "dumps/others/.new/restore").exists())

    def test_leaves_the_folder_of_new_dumps_to_mariadb(self) -> None:
        os.chown(self.root / "dumps/others", 1234, 100)
        self.nodes = {"/notes.sql.gz": "file"}
        restore(self.layout, Wanted(path="databases/notes"))
        found = (self.root / "dumps/others/.new").stat()
        self.assertEqual((found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), (1234, 100, 0o755))

    def test_stops_an_app_while_its_volume_becomes_what_it_was(self) -> None:
        self.changes = [("deleted", "/target/new")]
        restore(self.layout, Wanted(path="apps/notes"))
        self.assertIn("  is deleted: apps/notes/data/new", self.output)
        self.assertEqual(self.restored(), [["restore", VOLUME, *TO_TARGET, "--delete", "--json", "--no-lock"]])
        self.assertEqual(self.acted, [("stop", "notes-1"), ("start", "notes-1")])

    def test_starts_an_app_again_if_its_volume_could_not_be_restored(self) -> None:
        with mock.patch("site_apply.restic.Restic.restore", side_effect=Refusal("full")), self.assertRaises(Refusal):
            restore(self.layout, Wanted(path="apps/notes"))
        self.assertEqual(self.acted[-1], ("start", "notes-1"))

    def test_restores_everything_that_the_backup_has(self) -> None:
        restore(self.layout, Wanted())
        self.assertEqual([argv[1] for argv in self.restored()], [SECOND, VOLUME])
        self.assertIn("databases of 2026-11-28 07:00 (UTC):", self.output)

    def test_restores_into_a_new_folder_and_overwrites_nothing(self) -> None:
        os.chown(self.root / "notebooks", 1234, 100)
        restore(self.layout, Wanted(path="notebooks/a.ipynb", into="before"))
        place = self.root / "notebooks/before"
        self.assertEqual(self.mounted, [str(place)])
        self.assertEqual(self.restored()[0][1], f"{SECOND}:/")
        found = place.stat()
        self.assertEqual((found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), (1234, 100, 0o755))

    def test_gives_each_part_a_folder_in_the_new_one(self) -> None:
        restore(self.layout, Wanted(into="before"))
        names = ["notebooks", "databases", "apps/notes/data"]
        self.assertEqual(self.mounted, [str(self.root / "notebooks/before" / name) for name in names])
        self.assertEqual(self.acted, [])

    def test_refuses_a_folder_that_is_there_and_one_elsewhere(self) -> None:
        (self.root / "notebooks/mine").mkdir()
        os.symlink("/etc", self.root / "notebooks/link")
        for into, why in {"mine": "there already", "link": "there already", "../x": "expected the name", "..": "expected"}.items():
            with self.assertRaisesRegex(Refusal, why):
                restore(self.layout, Wanted(path="notebooks", into=into))
        self.assertEqual(self.asked, [])
        self.assertIsNone(new_folder.checked(self.root, ""))

    def test_refuses_a_path_that_is_not_in_the_backup_and_says_what_is(self) -> None:
        with self.assertRaisesRegex(Refusal, "nothing is not in the backup.*There are: apps/notes/data, databases, notebooks"):
            restore(self.layout, Wanted(path="nothing"))
        self.nodes = {}
        known = "has no notebooks/x. Nothing was changed. It has states from 2026-11-27 07:15 to 2026-11-28 07:15"
        with self.assertRaisesRegex(Refusal, known):
            restore(self.layout, Wanted(path="notebooks/x"))

    def test_refuses_a_time_before_the_first_backup(self) -> None:
        with self.assertRaisesRegex(Refusal, r"no states of 2020.*It has states from 2026-11-27 07:15"):
            restore(self.layout, Wanted(at="2020-01-01T00:00:00"))

    def test_restores_the_backup_of_another_site_only_if_it_is_named(self) -> None:
        restore(self.layout, Wanted(path="notebooks/a.ipynb", site="another-site"))
        self.assertEqual(self.restored()[0][1], "55" * 32)
        self.snapshots = [each for each in self.snapshots if each["hostname"] != "lab"]
        with self.assertRaisesRegex(Refusal, "nothing of lab, but of another-site.*--from another-site"):
            restore(self.layout, Wanted(path="notebooks/a.ipynb"))
        naming = "pulumi config set --path backup.restore.from"
        with self.assertRaisesRegex(Refusal, f"nothing of typo, .* Name the one you mean: {naming} another-site$"):
            restore(self.layout, Wanted(site="typo", naming=naming))

    def test_says_what_to_do_with_another_key_and_without_a_backup(self) -> None:
        error = json.dumps({"message_type": "exit_error", "code": 1, "message": "Fatal: the disk is broken"})
        error += "\nReason: the disk is broken"
        for fails, why in {
            (12, ""): "key of this stack does not open the backup at /mnt/b.*pulumi config set --secret --path backup.key",
            (10, ""): "There is no backup at /mnt/b. Nothing was changed.*mount it",
            (1, error): "restic says: the disk is broken$",
        }.items():
            self.fails = fails
            with self.assertRaisesRegex(Refusal, why):
                restore(self.layout, Wanted(path="notebooks"))
        self.assertEqual(self.kept.mock_calls, [])

    def test_refuses_to_restore_a_database_that_does_not_run(self) -> None:
        self.nodes = {"/notes.sql.gz": "file"}
        self.manifest = dataclasses.replace(self.manifest, services=[])
        with self.assertRaisesRegex(Refusal, "does not run"):
            restore(self.layout, Wanted(path="databases/notes"))
