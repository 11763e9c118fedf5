"""Networks of apps, without Docker."""

from __future__ import annotations

from unittest import mock

from site_apply import announce, docker, legacy
from site_apply.command import Result
from site_apply.docker import Container, Project
from site_apply.errors import NotStarted
from site_apply.networks import is_in_the_way

from .support import HostTest

NETWORKS = {
    "nginx": {"lab_jupyter", "lab_to-1", "lab_to-2"},
    "mariadb": {"lab_db", "lab_db-1"},
    "one": {"lab_to-1", "lab_db-1"},
    "two": {"lab_to-2"},
}


class InTheWayTest(HostTest):
    def test_an_app_is_on_a_network_that_another_app_gets(self) -> None:
        self.assertTrue(is_in_the_way("two", {"lab_to-1"}, NETWORKS))
        self.assertTrue(is_in_the_way("two", {"lab_to-2", "lab_db-1"}, NETWORKS))

    def test_an_app_that_the_release_does_not_have_is_on_one(self) -> None:
        self.assertTrue(is_in_the_way("removed", {"lab_to-2"}, NETWORKS))

    def test_whoever_is_where_the_release_says_is_not(self) -> None:
        for service, on in NETWORKS.items():
            self.assertFalse(is_in_the_way(service, on, NETWORKS), service)

    def test_nor_is_whoever_leaves_a_network_that_nobody_gets(self) -> None:
        self.assertFalse(is_in_the_way("nginx", {"lab_jupyter", "lab_to-5"}, NETWORKS))
        self.assertFalse(is_in_the_way("one", {"lab_to-one"}, NETWORKS))


class EarlierReleaseTest(HostTest):
    HEADER = "project lab\nnetwork to-app\nvisitor nginx to-app\nvisitor mariadb db-app mariadb\n"

    def attach(self, connected: Result) -> mock.Mock:
        """nginx is on its networks already, and MariaDB is not."""
        on = {"nginx": ["lab_jupyter", "lab_to-app"], "mariadb": ["lab_db"]}
        with (
            mock.patch.object(Project, "container_of", lambda _, service: service),
            mock.patch.object(docker, "inspect", lambda container: [Container(container, networks=on[container])]),
            mock.patch.object(docker, "act", return_value=connected) as act,
        ):
            legacy.attach_networks(Project("lab"), self.root)
        return act

    def test_connects_whoever_is_not_connected_yet(self) -> None:
        self.write(".header", self.HEADER)
        act = self.attach(Result(0, b""))
        act.assert_called_once_with("network", "connect", "--alias", "mariadb", "lab_db-app", "mariadb")

    def test_fails_with_dockers_words(self) -> None:
        self.write(".header", self.HEADER)
        with self.assertRaises(NotStarted):
            self.attach(Result(1, b"no such network"))
        self.assertIn("mariadb could not be connected to the network db-app. Docker says: no such network", self.output)

    def test_connects_nobody_for_a_release_that_says_it_in_compose_yaml(self) -> None:
        self.attach(Result(0, b"")).assert_not_called()


class AnnounceTest(HostTest):
    def announced(self, before: str, after: str) -> str:
        for folder, networks in (("releases/old", before), ("incoming", after)):
            self.write(f"{folder}/release.json", f'{{"version": 1, "release": "1", "project": "lab", "networks": {networks}}}')
        (self.root / "current").symlink_to("releases/old")
        announce._announce_networks(self.layout)
        return self.output

    def test_says_that_networks_were_added(self) -> None:
        output = self.announced('["jupyter", "to-4"]', '["jupyter", "to-4", "to-5", "to-6"]')
        self.assertEqual(output, "Networks added: to-5 to-6. The services in them start anew.\n")

    def test_says_that_networks_were_removed(self) -> None:
        output = self.announced('["jupyter", "to-5"]', '["jupyter"]')
        self.assertEqual(output, "Networks removed: to-5. The services in them start anew.\n")

    def test_says_nothing_while_they_stay(self) -> None:
        self.assertEqual(self.announced('["jupyter"]', '["jupyter"]'), "")
