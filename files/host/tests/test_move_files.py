"""Tests of the part of a move that copies files: two folders, two runs that are connected by pipes."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import threading
import unittest
from pathlib import Path
from typing import IO, Any, Optional

from site_apply.errors import Refusal
from site_apply.move import known, receiving
from site_apply.move.looking import look
from site_apply.move.receiving import receive
from site_apply.move.sending import send

from .support import HostTest

WANTED = {"jupyter/notebooks": ["History"], "site/apps/notes/data": []}
DAY = 24 * 3600
is_root = os.geteuid() == 0


class Counted:
    """A stream that counts bytes, and breaks after some of them."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream, self.most, self.count = stream, most, 0

    def write(self, data: bytes) -> int:
        self.count += len(data)
        if self.count > self.most:
            self.stream.close()
            raise BrokenPipeError
        return self.stream.write(data)

    def flush(self) -> None:
        self.stream.flush()


class MoveFilesTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        for site in ("old", "new"):
            for source in WANTED:
                (self.root / site / source).mkdir(parents=True)
            (self.root / f"{site}-state").mkdir()
        self.old, self.new = (self.root / site / "jupyter/notebooks" for site in ("old", "new"))

    def exchange(self, *, is_compare: bool = False, most: int = 1 << 40) -> int:
        """Connects both sides. Returns how many bytes were sent; throws what the receiving side throws."""
        (a, b), (c, d) = os.pipe(), os.pipe()
        failed: list[BaseException] = []
        with open(a, "rb") as from_old, open(b, "wb") as to_new, open(c, "rb") as from_new, open(d, "wb") as to_old:
            counted = Counted(to_new, most)

            def sending() -> None:
                try:
                    streams: Any = (from_new, counted)
                    self.is_same = send(self.root / "old", WANTED, self.root / "old-state", streams, is_compare=is_compare)
                except BrokenPipeError:
                    pass
                except BaseException as error:
                    failed.append(error)
                finally:
                    to_new.close()

            thread = threading.Thread(target=sending)
            thread.start()
            try:
                receive(self.root / "new", WANTED, self.root / "new-state", (from_old, to_old))
            finally:
                for stream in (to_old, from_old):
                    stream.close()
                thread.join()
        if failed:
            raise failed[0]
        return counted.count

    def state(self, folder: Path) -> dict[str, Any]:
        """Everything about the files of a folder that a move must keep."""
        found: dict[str, Any] = {}
        inodes: dict[int, list[str]] = {}
        for around, folders, files in os.walk(os.fsencode(folder)):
            for name in (*folders, *files):
                place = os.path.join(around, name)
                path = os.path.relpath(place, os.fsencode(folder)).decode("utf-8", "surrogateescape")
                at = os.lstat(place)
                if path.split("/")[0] == "History" or stat.S_ISSOCK(at.st_mode):
                    continue
                content: Optional[bytes] = None
                if stat.S_ISLNK(at.st_mode):
                    content = os.readlink(place)
                elif stat.S_ISREG(at.st_mode):
                    with open(place, "rb") as file:
                        content = file.read()
                    inodes.setdefault(at.st_ino, []).append(path)
                found[path] = (at.st_mode, at.st_uid, at.st_gid, at.st_mtime_ns, content)
        found["hard links"] = sorted(sorted(paths) for paths in inodes.values() if len(paths) > 1)
        return found

    def check_equal(self) -> None:
        self.assertEqual(self.state(self.old), self.state(self.new))
        self.assertLess(self.exchange(is_compare=True), 100)
        self.assertTrue(self.is_same, self.output)

    def fill(self) -> None:
        """Files of each kind, with odd names."""
        for number, name in enumerate(
            (b"a.ipynb", b"a", b"a b", b"new\nline", "\U0001f377.txt".encode(), b"\xff\xfe", b"-rf", b"~")
        ):
            Path(os.fsdecode(os.fsencode(self.old) + b"/" + name)).write_bytes(b"content of %d" % number)
        (self.old / "folder/inner").mkdir(parents=True)
        (self.old / "folder/inner/b").write_text("b")
        (self.old / "folder.x").write_text("sorts before the content of the folder")
        (self.old / "empty").mkdir(mode=0o2750)
        (self.old / "link").symlink_to("/nowhere")
        (self.old / "up").symlink_to("../../..")
        os.link(self.old / "a", self.old / "folder/hard")
        os.link(self.old / "a", self.old / "z hard")
        (self.old / "private").write_text("p")
        (self.old / "private").chmod(0o4600)
        (self.old / "nothing").write_text("")
        (self.old / "History").mkdir()
        (self.old / "History/state").write_text("not moved")
        (self.new / "History").mkdir()
        with open(self.old / "sparse", "wb") as file:
            file.write(b"begin")
            file.seek(5 << 20)
            file.write(b"middle")
            file.truncate(9 << 20)
        with open(self.old / "large", "wb") as file:
            file.write(os.urandom((1 << 20) * 3 + 17))
        for number, path in enumerate(sorted(self.old.rglob("*"))):
            os.utime(path, ns=(1, 1_700_000_000_123_456_789 + number), follow_symlinks=False)

    def test_makes_every_kind_of_file_what_it_is_on_the_old_site(self) -> None:
        self.fill()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.old / "socket"))
            self.exchange()
            self.check_equal()
        self.assertLess((self.new / "sparse").stat().st_blocks, 1 << 10)
        self.assertEqual(list((self.new / "History").iterdir()), [])

    def test_sends_only_what_differs_and_removes_the_rest(self) -> None:
        self.fill()
        (self.new / "welcome.ipynb").write_text("of the new site")
        (self.new / "tree/deep").mkdir(parents=True)
        (self.new / "tree/deep/x").write_text("x")
        # Another kind on each side.
        (self.new / "a").mkdir()
        (self.new / "a/b").write_text("in the way")
        (self.new / "folder").write_text("in the way")
        (self.new / "link").write_text("in the way")
        (self.new / "empty").symlink_to(self.root / "old-state")
        self.exchange()
        self.check_equal()
        self.assertLess(self.exchange(), 100)
        (self.old / "folder/inner/c").write_text("c")
        (self.old / "folder/inner/b").unlink()
        (self.old / "nothing").chmod(0o640)
        (self.old / "a.ipynb").write_text("content of X")
        self.assertLess(self.exchange(), 3000)
        self.check_equal()

    def test_makes_hard_links_again_when_one_of_them_changes(self) -> None:
        self.fill()
        self.exchange()
        (self.old / "a").write_text("other")
        self.exchange()
        self.check_equal()
        (self.old / "z hard").unlink()
        (self.old / "z hard").write_text("other")
        os.utime(self.old / "z hard", ns=(1, (self.old / "a").stat().st_mtime_ns))
        self.exchange()
        self.check_equal()

    def test_compares_contents_and_not_times(self) -> None:
        self.fill()
        self.exchange()
        at = (self.old / "large").stat().st_mtime_ns
        with open(self.old / "large", "r+b") as file:
            file.write(b"XX")
        os.utime(self.old / "large", ns=(1, at))
        self.exchange(is_compare=True)
        self.assertFalse(self.is_same)
        self.assertIn("It differs: notebooks/large\n1 files differ.", self.output)
        self.exchange()
        self.check_equal()

    def test_continues_after_it_was_cut_off_at_any_point(self) -> None:
        self.fill()
        most = 400
        pieces = 0
        while True:
            try:
                self.exchange(most=most)
                break
            except Refusal as reason:
                self.assertIn("The connection ended", str(reason))
                pieces += 1
                most = 400 if most > (1 << 22) else most * 2
                self.assertLess(pieces, 100)
        self.assertGreater(pieces, 10)
        self.check_equal()

    def test_does_not_send_again_what_has_arrived(self) -> None:
        for number in range(8):
            (self.old / f"file {number}").write_bytes(os.urandom(1 << 20))
        with self.assertRaises(Refusal):
            self.exchange(most=5 << 20)
        self.assertLess(self.exchange(), (4 << 20) + 10_000)
        self.check_equal()

    def test_reads_an_unchanged_file_only_once(self) -> None:
        self.fill()
        old = self.root / "old-state"
        self.addCleanup(setattr, known, "_YOUNG", known._YOUNG)
        known._YOUNG = -1
        self.exchange()
        self.exchange()
        shutil.copytree(old, self.root / "kept")
        (self.old / "large").touch()
        self.exchange()
        kept, now = ((self.root / each / "jupyter~notebooks.known").read_text().split("\n") for each in ("kept", "old-state"))
        self.assertEqual([line for line in kept if line not in now and "large" not in line], [])

    @unittest.skipUnless(is_root, "only root can give files away")
    def test_gives_files_of_the_old_owner_to_the_new_one(self) -> None:
        for path, uid, gid in ((self.old, 1001, 1001), (self.new, 1000, 100)):
            os.chown(path, uid, gid)
        for name, uid, gid in (("mine", 1001, 1001), ("in a container", 1001, 100), ("other", 33, 33)):
            (self.old / name).write_text(name)
            os.chown(self.old / name, uid, gid)
        self.exchange()
        self.assertTrue(self.exchange(is_compare=True) and self.is_same)
        owners = {each.name: (each.stat().st_uid, each.stat().st_gid) for each in self.new.iterdir()}
        self.assertEqual(owners, {"mine": (1000, 100), "in a container": (1000, 100), "other": (33, 33)})

    def test_uses_little_memory_for_many_files(self) -> None:
        import tracemalloc

        for number in range(5_000):
            (self.old / f"{number}").touch()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.exchange()
        self.assertLess(tracemalloc.get_traced_memory()[1], 4 << 20)

    def test_refuses_paths_that_lead_elsewhere_and_folders_that_are_too_deep(self) -> None:
        for path in ("../x", "a/../../x", "/etc", "."):
            with self.assertRaisesRegex(Refusal, "is not understood"):
                receiving._checked(path)
        (self.old / "/".join(["d"] * 101)).mkdir(parents=True)
        with self.assertRaises(Refusal):
            self.exchange()

    def test_stops_before_the_disk_is_full(self) -> None:
        self.addCleanup(setattr, receiving, "_RESERVE", receiving._RESERVE)
        receiving._RESERVE = 101
        self.fill()
        with self.assertRaisesRegex(Refusal, "The disk of the new site is full.*it continues"):
            self.exchange()

    def test_tells_a_new_site_from_one_with_work(self) -> None:
        (self.new / "welcome.ipynb").touch()
        (self.new / "History").mkdir()
        (self.root / "new/site/apps/notes/data/db").touch()
        state = self.root / "new-state"
        self.assertEqual(
            look(self.root / "new", WANTED, state),
            {"filled": ["jupyter/notebooks", "site/apps/notes/data"], "databases": [], "work": []},
        )
        (self.new / "mine").mkdir()
        (self.new / "mine/a.ipynb").touch()
        self.assertEqual(look(self.root / "new", WANTED, state)["work"], ["notebooks/mine/a.ipynb"])
