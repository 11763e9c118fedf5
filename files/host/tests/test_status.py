"""Tests of the status. tests/unit/scripts/status.test.ts tests the TypeScript side with the same golden file."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from site_apply.docker import Container
from site_apply.layout import link
from site_apply.manifest import Hole, Image, Manifest, Service
from site_apply.status import page, status
from site_apply.status.concerns import concerns_of
from site_apply.status.gather import activity_in, memory_in, service_of
from site_apply.status.moments import days_since, moment_of, text_of, whole_seconds
from site_apply.status.parts import is_open, part_of
from site_apply.status.report import Activity, Certificate, Concern, Kernel, Reboots, Report, Work
from site_apply.status.validity import certificate_of, expires_at
from site_apply.typed_json import parse
from site_apply.verify.change import AGAIN, Change

from .support import HostTest

GOLDEN = Path(__file__).parents[3] / "tests" / "unit" / "scripts" / "status.golden.json"
WHOLE: Report = parse(Report, json.loads(GOLDEN.read_text("utf-8")), "status")
NOW = moment_of(WHOLE.at)
PROGRAM = "/opt/jupyter-up/bin/site-apply"
GOOD = replace(
    WHOLE,
    services=[replace(each, state="running") for each in WHOLE.services],
    disks=[replace(each, is_nearly_full=False) for each in WHOLE.disks],
    certificate=Certificate("2027-01-28T12:00:00Z", 61, True),
    parts=[replace(each, holes=[]) for each in WHOLE.parts],
    reboot=[],
    reboots=None,
    changes=[],
    concerns=[],
)
HOLES = [Hole("2026-07-22", "CVE-1: bad", "pulumi up")]


def concerns(report: Report, backup: str = "", move: str = "") -> list[Concern]:
    return concerns_of(report, PROGRAM, backup, move, NOW)


class ReportTest(HostTest):
    def test_has_the_form_of_the_golden_file(self) -> None:
        self.assertEqual(asdict(WHOLE), json.loads(GOLDEN.read_text("utf-8")))


class ConcernsTest(HostTest):
    def test_are_those_of_the_golden_file(self) -> None:
        self.assertEqual(concerns(WHOLE), WHOLE.concerns)

    def test_are_none_on_a_good_site(self) -> None:
        self.assertEqual(concerns(GOOD), [])
        # Just created, without anything that is optional.
        bare = replace(GOOD, memory=None, activity=None, certificate=None, work=Work(), changes=None)
        self.assertEqual(concerns(bare), [])

    def test_name_a_service_once(self) -> None:
        changed = [Change("container", "nginx", "nginx was stopped.")]
        stopped = replace(GOOD, services=WHOLE.services, changes=changed)
        self.assertEqual(concerns(stopped), [Concern("container", "nginx was stopped.", AGAIN)])
        ill = replace(GOOD, services=[replace(GOOD.services[0], health="unhealthy")])
        self.assertEqual(concerns(ill), [Concern("service", "jupyter runs but does not answer.", AGAIN)])

    def test_tell_of_a_certificate_in_time(self) -> None:
        for certificate, what in (
            (Certificate("", 14, True), []),
            (Certificate("", 13, True), ["The certificate expires in 13 days."]),
            (Certificate("", 30, False), []),
            (Certificate("", 29, False), ["The certificate expires in 29 days."]),
            (Certificate("", -1, False), ["The certificate has expired."]),
        ):
            self.assertEqual([each.what for each in concerns(replace(GOOD, certificate=certificate))], what)

    def test_tell_of_backup_and_history(self) -> None:
        self.assertEqual(
            concerns(GOOD, backup="The last backup failed."),
            [Concern("backup", "The last backup failed.", f"on the machine: sudo sh {PROGRAM} backup")],
        )
        for hours, count in ((23, 0), (25, 1)):
            work = replace(GOOD.work, history=text_of(NOW - hours * 3600))
            self.assertEqual(len(concerns(replace(GOOD, work=work))), count)

    def test_tell_only_of_the_move_while_it_closes_the_site(self) -> None:
        closed = replace(GOOD, moving="frozen", services=WHOLE.services, work=replace(GOOD.work, history="2026-11-01T00:00:00Z"))
        self.assertEqual(
            concerns(closed, move="npm run move"),
            [Concern("move", "The site is closed because of a move (frozen).", "npm run move")],
        )

    def test_tell_of_a_reboot_only_if_it_does_not_come_by_itself(self) -> None:
        needed = replace(GOOD, reboot=["linux-image-amd64"])
        what, fix = (
            "A reboot is needed to use updates of linux-image-amd64.",
            "on the machine: sudo reboot, when nobody works: kernels end",
        )
        self.assertEqual(concerns(needed), [Concern("reboot", what, fix)])
        for days, said in ((0, []), (14, []), (15, [f"{what} It has waited for 15 days. Somebody works."])):
            reboots = Reboots("04:00 UTC", needed=text_of(NOW - days * 24 * 3600), waits="Somebody works.")
            self.assertEqual([each.what for each in concerns(replace(needed, reboots=reboots))], said, days)
        # The first night is still to come.
        self.assertEqual(concerns(replace(needed, reboots=Reboots("04:00 UTC"))), [])

    def test_tell_of_a_site_that_did_not_survive_a_reboot(self) -> None:
        again = f"on the machine: sudo sh {PROGRAM} rebooted"
        last, hour, problem = text_of(NOW - 3600), 3600, "nginx does not work."
        for reboots, said in (
            (Reboots("", last=last, checked=last), []),
            (Reboots("", last=last), []),
            (Reboots("", last=text_of(NOW - 3 * hour)), ["The site was not checked after the reboot of 2026-11-28T09:00:00Z."]),
            (
                Reboots("", last=last, checked=last, problem=problem),
                [f"The check after the reboot of {last} found a problem: {problem}"],
            ),
        ):
            self.assertEqual(concerns(replace(GOOD, reboots=reboots)), [Concern("reboot", each, again) for each in said])


class PageTest(HostTest):
    def test_shows_what_needs_the_owner_first(self) -> None:
        shown = page.page(WHOLE)
        self.assertTrue(shown.startswith("<h1>Needs its owner</h1>"))
        self.assertEqual(shown.count('<li class="alert">'), 6)
        self.assertIn("<th>nginx</th><td>restarting, 7 restarts</td>", shown)
        self.assertIn("<th>Kernels</th><td>3, 1 busy; 1 terminals</td>", shown)
        self.assertTrue(page.page(GOOD).startswith("<h1>All is well</h1>\n<table>"))

    def test_tells_of_reboots(self) -> None:
        last = "<tr><th>Reboots for updates</th><td>at 04:00 Europe/Berlin; last 2026-10-20 02:00 UTC"
        needed = "needed for linux-image-amd64. Somebody works: 1 kernel busy."
        self.assertIn(f"{last}, the site answered afterwards; {needed}</td></tr>", page.page(WHOLE))
        assert WHOLE.reboots
        self.assertIn(f"{last}, not checked yet", page.page(replace(WHOLE, reboots=replace(WHOLE.reboots, checked=""))))
        found = page.page(replace(WHOLE, reboot=[], reboots=replace(WHOLE.reboots, problem="nginx <b> is down.")))
        self.assertIn(f"{last}, the check at 2026-10-20 02:06 UTC found: nginx &lt;b&gt; is down.</td></tr>", found)

    def test_names_nobody_who_works_and_executes_nothing(self) -> None:
        self.assertNotIn("ann@example.com", page.page(WHOLE) + page.public_json(WHOLE))
        self.assertEqual(json.loads(page.public_json(WHOLE))["activity"]["kernels"][0]["busy"], True)
        evil = replace(WHOLE, concerns=[Concern("x", "<script>", '<!--# include file="/etc/passwd" -->')])
        self.assertIn("<p>&lt;script&gt;</p><code>&lt;!--# include file=", page.page(evil))

    def test_counts_on_the_front_page_without_the_backup(self) -> None:
        self.assertEqual(page.line(GOOD), "")
        self.assertEqual(page.line(replace(GOOD, concerns=[Concern("backup", "a", "b")])), "")
        self.assertEqual(page.line(replace(GOOD, concerns=[Concern("disk", "a", "b")])), "One thing needs the owner of this site.")
        self.assertEqual(page.line(WHOLE), "6 things need the owner of this site.")

    def test_is_written_for_nginx(self) -> None:
        manifest = Manifest(1, "abc", "lab", notices=str(self.root / "data" / "notices"))
        status.publish(self.layout, manifest, WHOLE)
        self.assertFalse((self.root / "data").exists())
        status.make_folder(manifest)
        status.publish(self.layout, manifest, WHOLE)
        folder = self.root / "data/notices"
        self.assertEqual(sorted(each.name for each in folder.iterdir()), ["owner", "status", "status.json"])
        self.assertEqual({each.stat().st_mode & 0o777 for each in folder.iterdir()}, {0o644})
        # No timer would take it away.
        self.assertEqual((folder / "owner").read_text(), "")


class GatherTest(HostTest):
    def test_tells_how_a_service_is(self) -> None:
        labels = {"com.docker.compose.service": "web"}
        started = "2026-11-20T09:31:00.123456789Z"
        container = Container("c", labels=labels, status="running", health="healthy", restarts=2, started=started)
        self.assertEqual(asdict(service_of("web", [container])), {
            "name": "web", "state": "running", "health": "healthy", "restarts": 2, "since": "2026-11-20T09:31:00Z",
        })  # fmt: skip
        self.assertEqual(service_of("app", [container]).state, "missing")

    def test_reads_memory(self) -> None:
        found = memory_in("MemTotal:        1000448 kB\nMemFree: 1 kB\nMemAvailable:     216064 kB\n")
        self.assertEqual(found and asdict(found), {"total_mib": 977, "available_mib": 211})
        self.assertIsNone(memory_in(""))

    def test_reads_who_works_and_ignores_what_jupyters_users_made_up(self) -> None:
        kernel = {"person": "a\x1b[31mnn", "busy": True, "since": "2026-11-28T11:59:30.123Z"}
        told: dict[str, Any] = {"kernels": [kernel], "terminals": 2, "busy_terminals": 1, "memory": 5 << 20, "limit": 9 << 20}
        expected = Activity([Kernel("a[31mnn", True, "2026-11-28T11:59:30Z")], 2, 1, 5, 9)
        self.assertEqual(activity_in(json.dumps(told)), expected)
        # An earlier release, which runs after a rollback, does not tell which terminals are busy: so all may be.
        del told["busy_terminals"]
        self.assertEqual(activity_in(json.dumps(told)), replace(expected, busy_terminals=2))
        for wrong in ("", "[]", "{}", json.dumps({**told, "kernels": [{"person": 1}]}), json.dumps({**told, "limit": None})):
            self.assertIsNone(activity_in(wrong), wrong)

    def test_reads_times(self) -> None:
        self.assertEqual(text_of(moment_of("2026-11-28T12:00:00Z")), "2026-11-28T12:00:00Z")
        self.assertEqual((moment_of("2026-99-28T12:00:00Z"), moment_of(""), text_of(0)), (0, 0, ""))
        # Docker's time of a container that was never started.
        self.assertEqual(whole_seconds("0001-01-01T00:00:00Z"), "")
        self.assertEqual((days_since("2026-11-26T13:00:00Z", NOW), days_since("", NOW)), (1, 0))


class PartsTest(HostTest):
    def test_knows_holes_by_version_and_date(self) -> None:
        for version, fixed_in, expected in (
            ("2026-07-21", "2026-07-22", True),
            ("2026-07-22", "2026-07-22", False),
            ("latest", "2026-07-22", False),
            ("1.30.3-alpine-slim", "1.30.4", True),
            ("1.30.4-alpine-slim", "1.30.4", False),
            ("1.9.9", "1.30.4", True),
            ("v2.45.0", "2.45.1", True),
            ("11.8", "11.8.7", False),
            ("11.8.6", "11.8.7", True),
            ("11.4", "11.8.7", True),
            ("", "11.8.7", False),
        ):
            self.assertEqual(is_open(version, Hole(fixed_in, "", "")), expected, (version, fixed_in))

    def test_names_image_version_age_and_holes(self) -> None:
        said = {"Created": "2026-07-01T08:00:00.1Z", "Config": {"Labels": {"org.opencontainers.image.version": "11.8.6"}}}
        jupyter = part_of(Image("mirror:5000/quay.io/jupyter/scipy-notebook:2026-07-01", 1, holes=HOLES), said, NOW)
        self.assertEqual((jupyter.image, jupyter.version), ("mirror:5000/quay.io/jupyter/scipy-notebook", "2026-07-01"))
        self.assertEqual(
            (jupyter.built, jupyter.days, jupyter.holes, jupyter.fix), ("2026-07-01", 150, ["CVE-1: bad"], "pulumi up")
        )
        # A tag that moves.
        database = part_of(Image("mariadb:11.8", 1, pin="pin", holes=[Hole("11.8.7", "CVE-2", "again")]), said, NOW)
        self.assertEqual((database.version, database.holes), ("11.8.6", ["CVE-2"]))


def certificate(not_after: bytes) -> str:
    """Just enough of a certificate: what precedes the validity, and the validity."""
    not_before = b"\x17\x0d260101000000Z"
    inner = not_before + not_after
    data = base64.encodebytes(b"\x30\x82\x01\x00\x02\x01\x05" + b"\x30" + bytes([len(inner)]) + inner + b"\x30\x00").decode()
    return f"-----BEGIN CERTIFICATE-----\n{data}-----END CERTIFICATE-----\n"


class ValidityTest(HostTest):
    def test_reads_the_end_of_a_certificate(self) -> None:
        for not_after, expected in (
            (b"\x17\x0d270128120000Z", "2027-01-28T12:00:00Z"),
            (b"\x18\x0f20510128120000Z", "2051-01-28T12:00:00Z"),
        ):
            self.assertEqual(text_of(expires_at(certificate(not_after) + certificate(b"\x17\x0d490101000000Z"))), expected)
        for wrong in ("", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----"):
            self.assertEqual(expires_at(wrong), 0)

    def test_finds_the_certificate_that_nginx_uses(self) -> None:
        manifest = Manifest(1, "abc", "lab", services=[Service("nginx")])
        self.assertIsNone(certificate_of(self.layout, manifest, NOW))
        self.write("files/nginx/f1/nginx.conf", "http {\n    ssl_certificate /run/secrets/nginx/s1/tls.crt;\n}\n")
        link("f1", self.root / "files/nginx/current")
        self.write("secrets/nginx/s1/tls.crt", certificate(b"\x17\x0d270128120000Z"))
        self.assertEqual(certificate_of(self.layout, manifest, NOW), Certificate("2027-01-28T12:00:00Z", 61, False))
