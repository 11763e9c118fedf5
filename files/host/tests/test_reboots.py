"""Tests of reboots at a quiet hour, with a fake of systemd and of what runs on the machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

from site_apply import lock
from site_apply.command import Result
from site_apply.docker import Container, DockerError
from site_apply.errors import Refusal
from site_apply.layout import Layout
from site_apply.manifest import Manifest, Reboots, Service
from site_apply.move.record import ARRIVING, FROZEN, LEFT, MOVED, Record
from site_apply.reboots import busy, need, reboot, rebooted, record
from site_apply.status.moments import text_of
from site_apply.status.report import Activity, Kernel

from .support import HostTest, containers_of

NOW = 1_795_924_800.0
REBOOTS = Reboots("04:00", "Europe/Berlin", "units")
HOUR_AGO, LONG_AGO = text_of(NOW - 3500), text_of(NOW - 3700)


class RebootTest(HostTest):
    """The night: what systemd was told, and what is kept for the next night and for the check after the reboot."""

    def setUp(self) -> None:
        super().setUp()
        self.needed = ["linux-image-amd64"]
        self.in_the_way = ""
        self.manifest = Manifest(1, "one", "lab", reboots=REBOOTS)
        self.told: list[list[str]] = []
        self.answer = Result(0)
        for name, value in {
            "machine.check": lambda: None,
            "units.has_systemd": lambda: True,
            "manifest_of": lambda _: self.manifest,
            "packages": lambda: self.needed,
            "in_the_way": lambda *_: self.in_the_way,
            "boot_id": lambda: "boot-1",
            "time.time": lambda: NOW,
            "run": self.run_program,
        }.items():
            patched = mock.patch(f"site_apply.reboots.reboot.{name}", value)
            patched.start()
            self.addCleanup(patched.stop)

    def run_program(self, argv: list[str], **_: object) -> Result:
        self.told.append(argv)
        # The record is on the disk before the machine goes down.
        self.assertEqual(record.read(self.layout).boot, "boot-1")
        return self.answer

    def test_is_made_if_updates_need_it_and_nothing_is_in_the_way(self) -> None:
        self.assertEqual(reboot.reboot(self.layout), 0)
        self.assertEqual(self.told, [["systemctl", "reboot"]])
        self.assertEqual(record.read(self.layout), record.Record(needed=text_of(NOW), rebooted=text_of(NOW), boot="boot-1"))
        self.assertEqual(self.output, "The machine reboots to use updates of linux-image-amd64. Nobody works.\n")

    def test_is_not_made_without_need(self) -> None:
        record.write(
            self.layout, record.Record(needed="2026-11-01T00:00:00Z", waits="Somebody works.", rebooted="2026-10-01T00:00:00Z")
        )
        self.needed = []
        self.assertEqual(reboot.reboot(self.layout), 0)
        self.assertEqual(self.told, [])
        # Somebody else rebooted. The last reboot of this program is still shown.
        self.assertEqual(record.read(self.layout), record.Record(rebooted="2026-10-01T00:00:00Z"))

    def test_waits_for_the_next_night_and_remembers_since_when_it_is_needed(self) -> None:
        self.in_the_way = "Somebody works: 1 kernel busy."
        self.assertEqual(reboot.reboot(self.layout), 0)
        self.assertEqual(self.told, [])
        self.assertIn("linux-image-amd64, and waits for the next night. Somebody works: 1 kernel busy.", self.output)
        first = record.read(self.layout)
        self.assertEqual(first, record.Record(needed=text_of(NOW), waits="Somebody works: 1 kernel busy."))
        with mock.patch("site_apply.reboots.reboot.time.time", lambda: NOW + 24 * 3600):
            reboot.reboot(self.layout)
            self.assertEqual(record.read(self.layout), first)
            self.in_the_way = ""
            reboot.reboot(self.layout)
        self.assertEqual(len(self.told), 1)
        self.assertEqual((record.read(self.layout).needed, record.read(self.layout).waits), (text_of(NOW), ""))

    def test_waits_while_another_run_has_the_lock(self) -> None:
        @contextmanager
        def held(_: Layout) -> Iterator[None]:
            raise lock.Busy("Another run: release by ann from 203.0.113.7")
            yield

        with mock.patch("site_apply.reboots.reboot.lock.held", held):
            self.assertEqual(reboot.reboot(self.layout), 0)
        self.assertEqual(self.told, [])
        # Everybody who is signed in reads this text.
        self.assertEqual(record.read(self.layout).waits, "Another command of this program has run for 10 minutes.")

    def test_says_if_systemd_refuses(self) -> None:
        self.answer = Result(1, b"Access denied\n")
        reboot.reboot(self.layout)
        kept = record.read(self.layout)
        self.assertEqual((kept.waits, kept.rebooted), ("systemd did not reboot the machine: Access denied.", ""))

    def test_is_refused_where_it_is_off_or_cannot_work(self) -> None:
        self.manifest = replace(self.manifest, reboots=None)
        with self.assertRaisesRegex(Refusal, "does not reboot by itself.*pulumi config set reboots 04:00"):
            reboot.reboot(self.layout)
        self.manifest = replace(self.manifest, reboots=REBOOTS)
        with mock.patch("site_apply.reboots.reboot.units.has_systemd", lambda: False):
            with self.assertRaisesRegex(Refusal, "no systemd"):
                reboot.reboot(self.layout)
        self.assertEqual(self.told, [])


class CheckTest(HostTest):
    """The check after a reboot."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = 0.0
        self.published: list[str] = []
        manifest = Manifest(1, "one", "lab", reboots=REBOOTS)
        for name, value in {
            "machine.check": lambda: None,
            "site_that_reboots": lambda _: manifest,
            "gather": lambda *_: None,
            "publish": lambda *_: self.published.append(record.read(self.layout).problem),
            "boot_id": lambda: "boot-2",
            "time.time": lambda: NOW,
            "time.monotonic": lambda: self.clock,
            "time.sleep": self.sleep,
        }.items():
            patched = mock.patch(f"site_apply.reboots.rebooted.{name}", value)
            patched.start()
            self.addCleanup(patched.stop)

    def sleep(self, seconds: float) -> None:
        self.clock += seconds

    def begun(self, **others: str) -> record.Record:
        begun = record.Record(rebooted=text_of(NOW - 300), boot="boot-1", **others)
        record.write(self.layout, begun)
        return begun

    def check(self, *results: object) -> int:
        """Checks with these results, of which the last one stays: an exit code or an exception."""
        self.asked = 0

        def check(_: Layout) -> int:
            result = results[min(self.asked, len(results) - 1)]
            self.asked += 1
            if isinstance(result, Exception):
                raise result
            assert isinstance(result, int)
            return result

        return rebooted.rebooted(self.layout, check)

    def test_is_good_if_the_site_answers_after_some_minutes(self) -> None:
        begun = self.begun()
        self.assertEqual(self.check(DockerError("Docker does not answer"), Refusal("nginx does not work."), 1, 0), 0)
        self.assertEqual((self.asked, self.clock), (4, 90))
        self.assertEqual(record.read(self.layout), replace(begun, checked=text_of(NOW)))
        self.assertEqual(self.published, [""])
        self.assertIn("The site answers after the reboot.", self.output)

    def test_gives_up_after_twenty_minutes_and_keeps_what_is_wrong(self) -> None:
        begun = self.begun()
        for result, problem in (
            (Refusal("nginx does not work."), "nginx does not work."),
            (1, "It does not answer at its front door."),
            (lock.Busy("release by ann from 203.0.113.7"), "A release was running."),
        ):
            record.write(self.layout, begun)
            self.clock = 0
            self.assertEqual(self.check(result), 1)
            self.assertEqual(self.clock, 1200)
            self.assertEqual(record.read(self.layout), replace(begun, checked=text_of(NOW), problem=problem))
            self.assertEqual(self.published[-1], problem)

    def test_is_made_once(self) -> None:
        self.assertEqual(self.check(0), 0)
        self.begun(checked=text_of(NOW))
        self.assertEqual(self.check(0), 0)
        self.assertEqual((self.asked, self.published), (0, []))

    def test_is_not_made_before_the_machine_is_down(self) -> None:
        begun = replace(self.begun(), boot="boot-2")
        record.write(self.layout, begun)
        self.check(0)
        self.assertEqual((self.asked, record.read(self.layout)), (0, begun))

    def test_is_made_again_for_a_problem_and_ends_it(self) -> None:
        self.begun(checked=text_of(NOW), problem="nginx does not work.")
        self.assertEqual(self.check(0), 0)
        self.assertEqual((self.asked, record.read(self.layout).problem), (1, ""))

    def test_a_release_ends_the_problem(self) -> None:
        begun = self.begun(checked=text_of(NOW), problem="nginx does not work.")
        record.forget_problem(self.layout)
        self.assertEqual(record.read(self.layout), replace(begun, problem=""))


@contextmanager
def running(code: str, *words: str) -> Iterator[None]:
    """A process with Python code that prints a line when it is ready, and then waits for one."""
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    try:
        yield
    finally:
        process.communicate(b"\n")


class BusyTest(HostTest):
    """What a reboot would end."""

    def setUp(self) -> None:
        super().setUp()
        self.manifest = Manifest(1, "one", "lab", services=[Service("jupyter", activity=["python3", "activity.py"])])
        self.move = Record()
        self.listed = containers_of("jupyter", "nginx")
        self.jupyter = Container("c0ffee", labels={"com.docker.compose.service": "jupyter"}, status="running")
        self.activity = Activity()
        for name, value in {
            "read": lambda _: self.move,
            "activity_of": lambda *_: self.activity,
            "docker.inspect": lambda *_: [self.jupyter],
        }.items():
            patched = mock.patch(f"site_apply.reboots.busy.{name}", value)
            patched.start()
            self.addCleanup(patched.stop)

    def why(self) -> str:
        project = mock.Mock()
        project.snapshot.return_value = self.listed
        project.containers.return_value = ["c0ffee"]
        return busy.in_the_way(self.layout, self.manifest, project, NOW, self.root / "dpkg")

    def test_is_nothing_on_an_idle_site(self) -> None:
        self.activity = Activity([Kernel("ann", False, LONG_AGO)], terminals=1)
        self.assertEqual(self.why(), "")

    def test_is_work(self) -> None:
        busy_kernel, used, idle = (Kernel("ann", *each) for each in ((True, LONG_AGO), (False, HOUR_AGO), (False, LONG_AGO)))
        for kernels, terminals, said in (
            ([busy_kernel, idle], 0, "1 kernel busy"),
            ([used, busy_kernel, busy_kernel], 0, "2 kernels busy, 1 kernel used within the last hour"),
            ([idle], 1, "1 terminal busy"),
        ):
            self.activity = Activity(kernels, 2, terminals)
            self.assertEqual(self.why(), f"Somebody works: {said}.")

    def test_is_a_jupyter_that_does_not_answer_but_not_one_that_does_not_run(self) -> None:
        self.activity = None  # type: ignore[assignment]
        self.assertEqual(self.why(), "Jupyter does not tell whether somebody works.")
        self.jupyter = replace(self.jupyter, status="exited")
        self.assertEqual(self.why(), "")

    def test_is_a_move(self) -> None:
        for state, said in ((FROZEN, True), (ARRIVING, True), (MOVED, True), (LEFT, False)):
            self.move = Record(state)
            self.assertEqual(self.why(), "A move of the work is not finished." if said else "")

    def test_is_a_container_of_a_backup(self) -> None:
        one_off = replace(self.listed.containers[0], service="site-backup", is_one_off=True)
        self.listed = replace(self.listed, containers=[*self.listed.containers, one_off])
        self.assertEqual(self.why(), "A backup or a restore is running.")
        ended = replace(one_off, state="exited")
        self.listed = replace(self.listed, containers=[ended])
        self.assertEqual(self.why(), "")

    def test_is_a_command_of_this_program(self) -> None:
        for command in ("backup", "restore", "move"):
            with running("print(flush=True); input()", "x", "--root", str(self.root), command):
                self.assertEqual(busy.commands_of(self.root), [command])
                self.assertEqual(self.why(), f"site-apply {command} is running.")
        self.assertEqual(self.why(), "")

    def test_is_no_command_that_loses_nothing_and_none_of_another_site(self) -> None:
        for number, words in enumerate(
            (["--root", str(self.root), "history"], ["--root", "/other", "release"], ["--root"], ["sh"])
        ):
            self.write(f"proc/{number}/cmdline", "\0".join(["python3", "-c", "x", *words]) + "\0")
        self.assertEqual(busy.commands_of(self.root, self.root / "proc"), [])
        self.write("proc/9/cmdline", f"python3\0--root\0{self.root}\0release\0")
        self.assertEqual(busy.commands_of(self.root, self.root / "proc"), ["release"])

    def test_is_a_package_that_is_being_installed(self) -> None:
        file = self.write("dpkg")
        self.assertEqual(self.why(), "")
        holds = "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX); print(flush=True); input()"
        with running(holds, str(file)):
            self.assertEqual(self.why(), "Packages are being installed.")
        self.assertEqual(self.why(), "")


class NeedTest(HostTest):
    def test_is_what_debian_writes(self) -> None:
        required = self.root / "reboot-required"
        self.assertEqual(need.packages(required), [])
        required.touch()
        self.assertEqual(need.packages(required), ["unknown packages"])
        self.write("reboot-required.pkgs", "linux-image-6.12.57-cloud-amd64\nlibc6\nlibc6\n")
        self.assertEqual(need.packages(required), ["libc6", "linux-image-6.12.57-cloud-amd64"])


class RecordTest(HostTest):
    def test_survives_a_reboot_and_is_empty_if_it_cannot_be_read(self) -> None:
        self.assertEqual(record.read(self.layout), record.Record())
        kept = record.Record("2026-11-01T00:00:00Z", "Somebody works.", "2026-10-01T00:00:00Z", "boot-1")
        record.write(self.layout, kept)
        self.assertEqual(record.read(self.layout), kept)
        for text in ("", "[]", '{"needed": 1}'):
            self.layout.reboots.write_text(text)
            self.assertEqual(record.read(self.layout), record.Record())

    def test_knows_boots_apart_by_an_id(self) -> None:
        self.assertRegex(record.boot_id(), "^[0-9a-f-]{36}$")
