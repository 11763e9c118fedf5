"""Tests of the history, with real folders."""

from __future__ import annotations

import functools
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

from site_apply.history import copying, store, turn
from site_apply.history.config import History, Keep, Source
from site_apply.history.moments import trees_in
from site_apply.history.pace import Interrupted, Pace
from site_apply.history.removal import measure
from site_apply.history.space import Disk
from site_apply.history.store import Store

from .support import HostTest

DAY = 24 * 3600
# 2026-11-28 07:15 UTC
NOW = 1795850100.0
MIB = 1024**2
ROOMY = Disk(10**12, 10**12, 0, 0)


def content_of(folder: Path) -> dict[str, object]:
    """The content of a folder: bytes, mode, owner and time of each file, by path."""
    found: dict[str, object] = {}
    for around, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(around, name)
            state = os.lstat(path)
            what: object = None
            if stat.S_ISLNK(state.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(state.st_mode):
                with open(path, "rb") as file:
                    what = file.read()
            elif not stat.S_ISDIR(state.st_mode):
                continue
            at = os.fsdecode(os.path.relpath(path, os.fsencode(folder)))
            found[at] = (what, oct(state.st_mode), state.st_uid, state.st_gid, state.st_mtime_ns)
    return found


class HistoryCase(HostTest):
    KEEP = Keep(all=1, hourly=7, daily=30, monthly=365)

    def setUp(self) -> None:
        super().setUp()
        # Without these, thousands of runs would wait for the disk.
        self.replace(store, "sync_all", lambda descriptor: None)
        self.replace(os, "fsync", lambda descriptor: None)
        self.replace(turn, "Pace", functools.partial(Pace, rest=lambda seconds: None))
        # Other programs on this machine may use its disk.
        self.replace(turn, "_PRESSURE", self.root / "no pressure")
        self.work = self.root / "notebooks"
        self.work.mkdir()
        self.now = NOW
        self.disk = ROOMY
        self.history = self.history_of(Source(str(self.work), "jupyter/notebooks", ["History"]))

    def replace(self, around: object, name: str, value: object) -> None:
        """Replaces an attribute until the end of the test."""
        self.addCleanup(setattr, around, name, getattr(around, name))
        setattr(around, name, value)

    def history_of(self, *sources: Source, percent: int = 20) -> History:
        return History(str(self.root / "history"), 15, percent, self.KEEP, list(sources))

    def assert_same(self, one: dict[str, object], other: dict[str, object]) -> None:
        """Compares two folders. assertEqual would take minutes to show the difference of long contents."""
        self.assertEqual([name for name in {**one, **other} if one.get(name) != other.get(name)], [])

    def run_history(self, minutes: float = 15) -> list[str]:
        lines = turn.take_turn(self.history, lambda: self.disk, lambda: self.now)
        self.now += minutes * 60
        return ["postponed"] if lines is None else lines

    @property
    def series(self) -> Path:
        return self.root / "history" / "jupyter" / "notebooks"

    @property
    def trees(self) -> list[Path]:
        return [tree for _, tree in sorted(trees_in(self.series).items())]

    def used(self) -> int:
        return measure(self.trees, Pace(work=1))[0]


class TreeTest(HistoryCase):
    def test_keeps_every_byte_mode_and_time(self) -> None:
        self.write("notebooks/report.ipynb", "one").chmod(0o640)
        self.write("notebooks/a/b/data.csv", "1,2\n").chmod(0o600)
        (self.work / "a").chmod(0o2750)
        os.symlink("report.ipynb", self.work / "link")
        os.symlink("/etc/passwd", self.work / "absolute")
        os.utime(self.work / "link", (1, 981173106), follow_symlinks=False)
        if os.geteuid() == 0:
            os.chown(self.work / "link", 1000, 100, follow_symlinks=False)
        odd = os.path.join(os.fsencode(self.work), b"no utf-8 \xff\n")
        with open(odd, "wb") as file:
            file.write(b"odd")
        before = content_of(self.work)
        self.assertEqual(self.run_history(), ["History: saved the state of jupyter/notebooks."])
        self.assertEqual([tree.name for tree in self.trees], ["2026-11-28 07.15"])
        self.assert_same(content_of(self.trees[0]), before)

    def test_keeps_the_state_before_files_are_deleted_truncated_overwritten_or_renamed(self) -> None:
        for number in range(20):
            self.write(f"notebooks/{number % 4}/{number}.ipynb", f"work {number}\n" * number)
        before = content_of(self.work)
        self.run_history()
        damages: list[Callable[[], object]] = [
            lambda: (self.work / "1/5.ipynb").unlink(),
            lambda: os.truncate(self.work / "2/6.ipynb", 0),
            lambda: (self.work / "3/7.ipynb").write_text('{"cells": [{}]}'),
            lambda: [file.write_bytes(os.urandom(99)) for file in self.work.rglob("*.ipynb")],
            lambda: [file.rename(f"{file}.locked") for file in self.work.rglob("*.ipynb")],
            lambda: subprocess.run(["rm", "-rf", *self.work.iterdir()], check=True),
        ]
        for damage in damages:
            damage()
            self.run_history()
            self.assert_same(content_of(self.trees[0]), before)
        self.assertEqual(len(self.trees), 7)

    def test_copies_changed_files_and_links_unchanged_ones(self) -> None:
        same, changed = self.write("notebooks/a/same"), self.write("notebooks/a/changed")
        self.run_history()
        changed.write_text("b\n")
        self.run_history()
        first, second = self.trees
        self.assertEqual((first / "a/same").stat().st_ino, (second / "a/same").stat().st_ino)
        self.assertNotEqual((second / "a/same").stat().st_ino, same.stat().st_ino)
        self.assertEqual([(tree / "a/changed").read_text() for tree in (first, second)], ["a\n", "b\n"])

    def test_makes_no_tree_if_nothing_has_changed(self) -> None:
        self.assertEqual(self.run_history(), [])
        self.write("notebooks/a/b")
        self.run_history()
        self.assertEqual(self.run_history(), [])
        (self.work / "a").chmod(0o700)
        self.run_history()
        self.assertEqual(len(self.trees), 2)

    def test_detects_a_change_that_keeps_size_and_time(self) -> None:
        file = self.write("notebooks/a", "one")
        times = file.stat()
        self.run_history()
        file.write_text("two")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.run_history()
        self.assertEqual([(tree / "a").read_text() for tree in self.trees], ["one", "two"])

    def test_does_not_copy_a_moved_folder_again(self) -> None:
        self.write("notebooks/data/large", "x" * MIB)
        self.run_history()
        os.rename(self.work / "data", self.work / "moved")
        self.run_history()
        self.assertEqual(len({(tree / name / "large").stat().st_ino for tree, name in zip(self.trees, ("data", "moved"))}), 1)

    def test_copies_links_as_links_and_leaves_out_pipes(self) -> None:
        secret = self.write("secret/key", "secret")
        os.symlink(secret.parent, self.work / "folder")
        os.mkfifo(self.work / "pipe")
        self.run_history()
        self.assertEqual(os.readlink(self.trees[0] / "folder"), str(secret.parent))
        self.assertEqual(os.listdir(self.trees[0]), ["folder"])

    def test_does_not_follow_a_folder_that_becomes_a_link(self) -> None:
        secret = self.write("secret/key", "secret")
        self.write("notebooks/a/key", "own")
        maker_open = os.open
        # The scan opens the folder first. The second time, it is opened to be copied.
        times = iter(range(9))

        def swap(path: Any, *arguments: Any, **options: Any) -> int:
            if path == "a" and next(times) == 1:
                os.rename(self.work / "a", self.root / "aside")
                os.symlink(secret.parent, self.work / "a")
            return maker_open(path, *arguments, **options)

        self.replace(os, "open", swap)
        self.run_history()
        self.assertNotIn(b"secret", [what[0] for what in content_of(self.trees[0]).values() if isinstance(what, tuple)])

    def test_keeps_holes(self) -> None:
        with open(self.work / "sparse", "wb") as file:
            file.seek(10**12)
            file.write(b"end")
        self.run_history()
        copy = (self.trees[0] / "sparse").stat()
        self.assertEqual(copy.st_size, 10**12 + 3)
        self.assertLess(copy.st_blocks * 512, MIB)

    def test_copies_a_file_again_if_it_changes_while_it_is_read(self) -> None:
        file = self.write("notebooks/a", "before")
        copy_data = copying._copy_data
        turns = iter([b"during", b"after!"])

        def changing(*arguments: object) -> None:
            copy_data(*arguments)  # type: ignore[arg-type]
            text = next(turns, None)
            if text:
                file.write_bytes(text)

        self.replace(copying, "_copy_data", changing)
        self.run_history()
        self.assertEqual((self.trees[0] / "a").read_text(), "during")
        self.run_history()
        self.assertEqual((self.trees[1] / "a").read_text(), "after!")
        self.assertEqual(self.run_history(), [])

    def test_leaves_out_excluded_paths_and_very_deep_folders(self) -> None:
        self.write("notebooks/History/a")
        self.write("notebooks/b/History/a")
        os.chdir(self.work)
        self.addCleanup(os.chdir, "/")
        for _ in range(600):
            os.mkdir("d")
            os.chdir("d")
        self.run_history()
        self.assertEqual(sorted(os.listdir(self.trees[0])), ["b", "d"])
        self.assertTrue((self.trees[0] / "b/History/a").exists())

    def test_10_000_unchanged_files_take_less_than_5_seconds_of_a_core(self) -> None:
        for folder in range(100):
            (self.work / str(folder)).mkdir()
            for file in range(100):
                (self.work / str(folder) / str(file)).touch()
        self.run_history()
        began = time.process_time()
        self.assertEqual(self.run_history(), [])
        self.assertLess(time.process_time() - began, 5)

    def test_only_its_owner_can_enter_the_folder(self) -> None:
        self.write("notebooks/a")
        self.run_history()
        folders = {"history": 0o700, "history/jupyter": 0o755, "history/jupyter/notebooks": 0o755, "history/site": 0o700}
        for path, mode in folders.items():
            self.assertEqual(stat.S_IMODE((self.root / path).stat().st_mode), mode, path)


class SpaceTest(HistoryCase):
    def fill(self, name: str, size: int) -> None:
        (self.work / name).write_bytes(os.urandom(size))

    def test_keeps_states_of_the_same_second(self) -> None:
        for number in range(4):
            self.write("notebooks/a", f"{number}" * (number + 1))
            self.run_history(minutes=0)
        contents = [(tree / "a").read_text() for tree in self.trees]
        self.assertEqual(contents, ["0", "11", "222", "3333"])

    def test_30_days_of_hourly_edits_stay_below_the_share(self) -> None:
        # The history may use a fifth of this disk: 8 MiB. All edits together are 20 times as much.
        self.disk = Disk(40 * MIB, 30 * MIB, 0, 0)
        self.fill("always", MIB // 2)
        most = 0
        for hour in range(30 * 24):
            self.fill(f"{hour % 10}.ipynb", MIB // 4)
            self.run_history(minutes=60)
            most = max(most, Store(str(self.root / "history")).state.used)
        self.assertLess(most, 8 * MIB)
        self.assertAlmostEqual(self.used(), Store(str(self.root / "history")).state.used, delta=MIB // 8)
        # However often the files are rewritten, a state of each of the last days is kept.
        moments = sorted(trees_in(self.series))
        self.assertGreater(moments[-1] - moments[0], 5 * DAY)

    def test_a_small_site_is_thinned_by_age_alone(self) -> None:
        for _ in range(12 * 24):
            self.fill("small.ipynb", 100)
            self.run_history(minutes=60)
        self.assertEqual(len(self.trees), 7 * 24 + 5)

    def test_used_space_is_known_without_measuring(self) -> None:
        for number in range(5):
            self.fill("a", MIB)
            self.fill(f"b{number}", 100)
            self.run_history()
        self.assertEqual(self.used(), Store(str(self.root / "history")).state.used)

    def test_code_that_rewrites_all_files_cannot_remove_earlier_states(self) -> None:
        self.disk = Disk(40 * MIB, 30 * MIB, 0, 0)
        for name in "abc":
            self.fill(name, MIB)
        before = content_of(self.work)
        self.run_history(minutes=60)
        for _ in range(40):
            for name in "abc":
                self.fill(name, MIB)
            lines = self.run_history()
        self.assertRegex(" ".join(lines), "not saved for lack of space: [abc]")
        self.assert_same(content_of(self.trees[0]), before)

    def test_saves_notebooks_when_there_is_no_space_for_large_data(self) -> None:
        self.disk = Disk(100 * MIB, 90 * MIB, 0, 0)
        self.write("notebooks/report.ipynb", "work")
        self.fill("data", 16 * MIB)
        self.assertIn("not saved for lack of space: data. Free some space", " ".join(self.run_history()))
        self.assertEqual(os.listdir(self.trees[0]), ["report.ipynb"])
        # The large file alone does not cause another tree.
        self.assertEqual(self.run_history(), [])

    def test_makes_no_tree_on_a_nearly_full_disk(self) -> None:
        self.write("notebooks/a")
        self.disk = Disk(100 * MIB, 9 * MIB, 0, 0)
        self.assertEqual(self.run_history(), ["History: there is no space for another state of jupyter/notebooks."])
        self.assertEqual(self.trees, [])
        self.disk = Disk(100 * MIB, 50 * MIB, 1000, 90)
        self.run_history()
        self.assertEqual(self.trees, [])

    def test_removes_old_trees_when_the_disk_becomes_full(self) -> None:
        for _ in range(20):
            self.fill("a", MIB)
            self.run_history(minutes=24 * 60)
        self.assertEqual(len(self.trees), 20)
        self.disk = Disk(100 * MIB, 9 * MIB, 0, 0)
        self.fill("a", MIB)
        self.run_history()
        self.assertEqual(len(self.trees), 7)
        self.assertEqual(self.used(), Store(str(self.root / "history")).state.used)


class KilledTest(HistoryCase):
    CHILD = """
import os, sys
from site_apply.history import pace, store, turn
from site_apply.history.config import History, Keep, Source
pace._OPERATIONS = 1
os.fsync = store.sync_all = lambda descriptor: None
history = History(sys.argv[2], 15, 20, Keep(0, 0, 0, 0), [Source(sys.argv[1], "jupyter/notebooks")])
while True:
    for number in range(3):
        with open(f"{sys.argv[1]}/{number}", "a") as file:
            file.write("more")
    turn.take_turn(history)
    print("done", flush=True)
"""

    def check_and_repair(self) -> None:
        """Checks that all trees are complete, and that the next run cleans up."""
        for tree in self.trees:
            self.assertEqual(len(os.listdir(tree)), 40, tree)
        self.write("notebooks/0", f"{self.now}")
        before = content_of(self.work)
        self.now += DAY
        turn.take_turn(self.history, lambda: self.disk, lambda: self.now)
        self.assert_same(content_of(self.trees[-1]), before)
        self.assertEqual(os.listdir(self.root / "history/work"), [])
        self.assertEqual(Store(str(self.root / "history")).state.used, self.used())

    def setUp(self) -> None:
        super().setUp()
        for number in range(40):
            self.write(f"notebooks/{number}", "a" * 10000)
        self.run_history()

    def test_the_next_run_cleans_up_after_an_error_in_any_step(self) -> None:
        step = Pace.step
        left = 0

        def failing(pace: Pace, *arguments: Any, **options: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            step(pace, *arguments, **options)

        self.replace(Pace, "step", failing)
        failed = 0
        for at in range(1, 200):
            self.write("notebooks/1", str(at))
            left = at
            try:
                self.run_history()
                break
            except KeyboardInterrupt:
                failed += 1
            left = 0
            self.check_and_repair()
        self.assertGreater(failed, 80)

    # Everything that changes the disk, besides writing to an open file.
    CHANGES = {
        "open",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.utime",
    }

    def is_killed(self, at: int) -> bool:
        """Makes a run in a process that is killed before one of its changes to the disk. Returns False if it has fewer."""
        self.now += DAY
        child = os.fork()
        if child == 0:
            left = at

            def kill(event: str, _: object) -> None:
                nonlocal left
                if event in self.CHANGES:
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(kill)
            try:
                self.run_history()
            finally:
                os._exit(0)
        return os.waitpid(child, 0)[1] == signal.SIGKILL

    def test_the_next_run_cleans_up_after_one_that_is_killed_before_any_change(self) -> None:
        killed = 0
        for at in range(1, 1000):
            for number in range(3):
                self.write(f"notebooks/{number}", str(at))
            if not self.is_killed(at):
                break
            killed += 1
            self.check_and_repair()
        self.assertGreater(killed, 80)

    def test_the_next_run_cleans_up_after_a_killed_one(self) -> None:
        folder = Path(__file__).parents[1]
        for moment in range(12):
            words = [sys.executable, "-B", "-c", self.CHILD, str(self.work), str(self.root / "history")]
            child = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=folder)
            assert child.stdout
            child.stdout.readline()
            time.sleep(moment * 0.003)
            child.send_signal(signal.SIGKILL)
            child.wait()
            child.stdout.close()
            # The child names its trees after the real time.
            self.now = time.time() + 2 * moment * DAY
            self.check_and_repair()


class Clock:
    """A clock for a pace. begins: the moment at which a release begins."""

    def __init__(self, begins: float = 0) -> None:
        self.now = 0.0
        self.begins = begins

    def read(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def release(self) -> str:
        return "a release needs the disk" if self.now >= self.begins else ""


class TurnTest(HistoryCase):
    def test_is_postponed_during_a_release(self) -> None:
        self.write("notebooks/a")
        own = Store(self.history.folder)
        own.make()
        with own.locked(turn.RELEASE):
            self.assertEqual(self.run_history(), ["postponed"])
            self.assertEqual(self.trees, [])
            turn.run_before_release(self.history, 20)
        self.assertEqual(len(self.trees), 1)

    def test_stops_when_a_release_begins(self) -> None:
        for number in range(600):
            (self.work / str(number)).touch()
        Store(self.history.folder).make()
        states = iter([False, False])
        self.replace(Store, "is_locked", lambda store, name: next(states, True))
        self.assertIn("the run was interrupted: a release needs the disk. The next run continues.", self.run_history()[0])
        states = iter([False] * 99)
        self.run_history()
        self.assertEqual(len(os.listdir(self.trees[0])), 600)

    def test_a_release_waits_no_longer_than_its_limit(self) -> None:
        own = Store(self.history.folder)
        own.make()
        with own.locked(turn.RUN):
            began = time.monotonic()
            self.assertEqual(turn.run_before_release(self.history, 0.3), ["History: another run is still in progress."])
            self.assertLess(time.monotonic() - began, 5)

    def test_is_postponed_while_the_disk_is_busy_but_not_forever(self) -> None:
        pressure = self.write("pressure", "some avg10=80.00 avg60=1.00 avg300=0.00 total=1\nfull avg10=0.00\n")
        self.write("notebooks/a")
        self.run_history()
        self.replace(turn, "_PRESSURE", pressure)
        self.write("notebooks/a", "b")
        self.assertEqual(self.run_history(), ["postponed"])
        self.now += 2 * 3600
        self.run_history()
        self.assertEqual(len(self.trees), 2)

    def test_rests_as_long_as_it_works(self) -> None:
        clock = Clock()
        pace = Pace(clock=clock.read, rest=clock.rest)
        for _ in range(1024):
            clock.now += 1 / 256
            pace.step()
        self.assertAlmostEqual(clock.now, 4 + 4)

    def test_stops_at_once_when_a_release_begins_even_in_a_long_rest_or_on_a_slow_disk(self) -> None:
        # On a disk with 22 reads a second, 256 operations take 12 seconds, and so does the rest.
        for begins in (5.0, 12.0, 20.0):
            clock = Clock(begins)
            pace = Pace(clock.release, clock=clock.read, rest=clock.rest)
            with self.assertRaises(Interrupted):
                while True:
                    clock.now += 1 / 22
                    pace.step()
            self.assertLess(clock.now, begins + 0.5)

    def test_saves_the_other_sources_if_one_is_missing(self) -> None:
        self.write("notebooks/a")
        gone = Source(str(self.root / "gone"), "site/apps/gone/data")
        self.history = self.history_of(gone, *self.history.sources)
        self.run_history()
        self.assertEqual(len(self.trees), 1)
