"""Tests of what `site-apply verify` names. The integration test changes a real site."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from site_apply.docker import Container
from site_apply.layout import place
from site_apply.manifest import Manifest, Service
from site_apply.verify import hashes, undo
from site_apply.verify.change import AGAIN, PROVISION, WITH_SECRETS, Change
from site_apply.verify.compare import changes
from site_apply.verify.expected import Expected, Wanted
from site_apply.verify.hashes import Difference
from site_apply.verify.observed import Firewall, Network, Observed, Unit, bridges_in, rules_in
from site_apply.verify.verify import described

from .support import HostTest

MANIFEST = Manifest(1, "abc", "lab", networks=["sign-in"], services=[Service("nginx", files="f1", reload=["reload"])])
WANTED = Wanted("nginx:1", "h1", ["lab_sign-in"], "unless-stopped", 256 << 20, 64)
EXPECTED = Expected({"nginx": WANTED}, {"lab_sign-in": False}, {"nginx:1": "sha256:1"})
LABELS = {
    "com.docker.compose.service": "nginx",
    "com.docker.compose.config-hash": "h1",
    "com.docker.compose.image": "sha256:1",
}
NGINX = Container(
    "c1", "nginx:1", LABELS, "running", networks=["lab_sign-in"], name="lab-nginx-1", restart="unless-stopped",
    memory=256 << 20, pids=64,
)  # fmt: skip
NETWORK = Network("lab_sign-in", "sign-in", "n1", False, frozenset({"lab-nginx-1"}))
GOOD = Observed([], [NGINX], {"nginx:1": "sha256:1"}, [NETWORK], [Unit("lab.timer", True)], None, {"nginx": "f1"})


def labelled(**labels: str) -> dict[str, str]:
    return {**LABELS, **{f"com.docker.compose.{name.replace('_', '-')}": value for name, value in labels.items()}}


class CompareTest(HostTest):
    def named(self, observed: Observed, expected: Expected = EXPECTED, is_closed: bool = False) -> list[tuple[str, str]]:
        return [(each.what, each.fix) for each in changes(MANIFEST, expected, observed, is_closed)]

    def test_names_nothing_on_an_unchanged_machine(self) -> None:
        self.assertEqual(self.named(GOOD), [])
        # After a rollback.
        self.assertEqual(self.named(replace(GOOD, links={"nginx": "f1.def"})), [])

    def test_names_what_was_changed_on_a_container(self) -> None:
        for changed, what in (
            ({"status": "exited"}, "The container of nginx does not run (exited)."),
            ({"labels": labelled(config_hash="h2")}, "The container of nginx was not created from this release."),
            ({"labels": labelled(image="sha256:2")}, "The container of nginx runs another image than the release."),
            ({"networks": []}, "nginx was taken off the network lab_sign-in."),
            ({"networks": ["lab_sign-in", "x"]}, "nginx was connected to the network x."),
            ({"restart": "no"}, "The restart policy of nginx is 'no', not 'unless-stopped'."),
            ({"memory": 0}, "The memory limit of nginx is none, not 256 MiB."),
            ({"pids": 0}, "The most processes of nginx are unlimited, not 64."),
            ({"labels": labelled(oneoff="True")}, "nginx has no container."),
        ):
            container = replace(NGINX, **changed)
            self.assertEqual(self.named(replace(GOOD, containers=[container])), [(what, AGAIN)])

    def test_names_no_container_while_a_move_stops_them(self) -> None:
        self.assertEqual(
            self.named(replace(GOOD, containers=[], networks=[replace(NETWORK, containers=frozenset())]), is_closed=True), []
        )

    def test_names_other_containers_and_networks(self) -> None:
        other = replace(NGINX, labels=labelled(service="other"), name="lab-other-1")
        networks = [replace(NETWORK, containers=frozenset({"lab-nginx-1", "spy"})), Network("lab_old", "old", "n2", False)]
        self.assertEqual(
            self.named(replace(GOOD, containers=[NGINX, other], networks=networks)),
            [
                (
                    "The container lab-other-1 belongs to no service of the release.",
                    "on the machine: docker rm --force lab-other-1",
                ),
                (
                    "The container spy, which is not the site's, is on the network lab_sign-in.",
                    "on the machine: docker network disconnect lab_sign-in spy",
                ),
                ("The network lab_old belongs to no service of the release.", AGAIN),
            ],
        )

    def test_names_networks_that_were_removed_or_replaced(self) -> None:
        self.assertEqual(self.named(replace(GOOD, networks=[])), [("The network lab_sign-in was removed.", AGAIN)])
        internal = replace(EXPECTED, networks={"lab_sign-in": True})
        self.assertEqual(
            self.named(GOOD, internal),
            [
                (
                    "The network lab_sign-in was replaced: it has a route out of the machine, and must have none.",
                    f"on the machine: docker compose --project-name lab down; then: {AGAIN}",
                )
            ],
        )

    def test_names_images(self) -> None:
        self.assertEqual(self.named(replace(GOOD, images={})), [("The image nginx:1 was removed.", AGAIN)])
        self.assertEqual(
            self.named(replace(GOOD, images={"nginx:1": "sha256:9"})),
            [
                (
                    "The tag nginx:1 names another image than at the release.",
                    f"on the machine: docker pull nginx:1; then: {AGAIN}",
                )
            ],
        )

    def test_names_files_and_links(self) -> None:
        files = [Difference(Path("/r/files/nginx/f1/a"), "changed"), Difference(Path("/r/secrets/vouch/s1/b"), "removed")]
        self.assertEqual(
            self.named(replace(GOOD, files=files, links={"nginx": ""})),
            [
                ("The file /r/files/nginx/f1/a was changed.", AGAIN),
                ("The file /r/secrets/vouch/s1/b was removed.", WITH_SECRETS),
                ("The link files/nginx/current leads to nothing, not to f1.", AGAIN),
            ],
        )

    def test_names_timers(self) -> None:
        for unit, what, fix in (
            (Unit("a.timer", False), "The systemd unit a.timer was changed or removed.", AGAIN),
            (Unit("a.timer", True, is_enabled=False), "The timer a.timer is not enabled: it will not start after a reboot.", AGAIN),
            (Unit("a.timer", True, is_active=False), "The timer a.timer was stopped.", AGAIN),
            (
                Unit("a.service", True, more="/etc/x.conf"),
                "The systemd unit a.service is changed by /etc/x.conf.",
                "on the machine: systemctl revert a.service",
            ),
        ):
            self.assertEqual(self.named(replace(GOOD, units=[unit])), [(what, fix)])

    def test_names_the_firewall(self) -> None:
        rules = ["table inet jupyter_up {", "}"]
        good = Firewall(rules, rules, frozenset({"br-n1"}), frozenset({"br-n1"}))
        self.assertEqual(self.named(replace(GOOD, firewall=good)), [])
        for firewall, what, fix in (
            (replace(good, loaded=[]), "was removed", PROVISION),
            (replace(good, loaded=["table inet jupyter_up {", "accept", "}"]), "was changed", PROVISION),
            (replace(good, bridges=frozenset()), "does not know the bridges of these networks: br-n1.", AGAIN),
        ):
            (sentence, command), *others = self.named(replace(GOOD, firewall=firewall))
            self.assertIn(what, sentence)
            self.assertEqual((command, others), (fix, []))

    def test_reads_a_listing_of_the_firewall(self) -> None:
        listing = ["set bridges {", "\t\ttype ifname", '\t\telements = { "br-1",', '\t\t\t     "br-2" }', "}", "chain x {", "}"]
        self.assertEqual(rules_in(listing), ["set bridges {", "type ifname", "}", "chain x {", "}"])
        self.assertEqual(bridges_in(listing), {"br-1", "br-2"})
        self.assertEqual(bridges_in(["set bridges {", "}"]), set())

    def test_shows_each_command_once(self) -> None:
        found = [Change("file", "a", "A."), Change("timer", "t", "T.", "other"), Change("file", "b", "B.")]
        self.assertEqual(described(found), ["A.", "B.", f"    {AGAIN}", "T.", "    other"])


class HashesTest(HostTest):
    def test_finds_changed_added_and_removed_files(self) -> None:
        self.write("releases/abc/compose.yaml", "/files/web/f1\n")
        for name in ("f1/same", "f1/x/changed", "f1/removed", "f2/of-the-previous-release"):
            self.write(f"files/web/{name}")
        for version in ("f1", "f2"):
            hashes.keep(self.layout, self.root / "files/web" / version)
        self.assertEqual(hashes.differences(self.layout, MANIFEST), [])
        self.write("files/web/f2/of-the-previous-release", "b\n")
        self.write("files/web/f1/x/changed", "b\n")
        self.write("files/web/f1/x/added")
        (self.root / "files/web/f1/removed").unlink()
        self.assertEqual(
            [
                (str(each.path.relative_to(self.root / "files/web/f1")), each.what)
                for each in hashes.differences(self.layout, MANIFEST)
            ],
            [("removed", "removed"), ("x/added", "added"), ("x/changed", "changed")],
        )

    def test_compares_nothing_that_an_earlier_version_stored(self) -> None:
        self.write("releases/abc/compose.yaml", "/files/web/f1\n")
        self.write("files/web/f1/file")
        self.assertEqual(hashes.differences(self.layout, MANIFEST), [])

    def test_is_read_by_sha256sum(self) -> None:
        self.write("files/web/f1/x/file")
        hashes.keep(self.layout, self.root / "files/web/f1")
        words = ["sha256sum", "--check", "--quiet", str(self.root / "hashes/files/web/f1")]
        self.assertEqual(subprocess.run(words, cwd=self.root / "files/web/f1", check=False).returncode, 0)


class UndoTest(HostTest):
    def test_overwritten_files_are_told_from_new_ones(self) -> None:
        (self.root / "files/web").mkdir(parents=True)
        for release, was_changed in (("one", False), ("two", False), ("three", True), ("four", True)):
            self.write("incoming/web/a/x/file")
            self.assertEqual(place(self.root / "incoming/web/a", self.root / "files/web/a"), was_changed, release)
            if release == "two":
                self.write("files/web/a/x/file", "by hand\n")
            if release == "three":
                self.write("files/web/a/more/added")
        self.assertEqual(sorted(str(each) for each in hashes.hashes_in(self.root / "files/web/a")), ["x/file"])

    def test_recreates_what_compose_would_keep(self) -> None:
        containers = [NGINX, replace(NGINX, id="c2", labels=labelled(service="vouch"))]
        wanted = {"nginx": WANTED, "vouch": WANTED}

        def stale(*found: Container, changed: frozenset[str] = frozenset()) -> list[tuple[str, bool]]:
            each = undo.stale_containers(MANIFEST, wanted, found, set(changed))
            return [(one.container.service, one.is_recreated) for one in each]

        self.assertEqual(stale(*containers), [])
        # nginx reads its files again instead.
        self.assertEqual(stale(*containers, changed=frozenset({"nginx", "vouch"})), [("vouch", True)])
        self.assertEqual(stale(replace(NGINX, networks=[])), [("nginx", True)])
        self.assertEqual(stale(replace(NGINX, pids=1)), [("nginx", False)])
        self.assertEqual(stale(replace(NGINX, pids=1, labels=labelled(config_hash="h2"))), [])

    def test_remembers_changed_files_until_a_release_succeeds(self) -> None:
        undo.mark(self.layout, ["web"])
        undo.mark(self.layout, ["nginx", "web"])
        self.assertEqual(self.layout.changed.read_text(), "web\nnginx\n")
        undo.forget(self.layout)
        self.assertEqual(undo.marked(self.layout), set())
