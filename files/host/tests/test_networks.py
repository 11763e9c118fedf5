"""Tests of the networks of apps, without Docker."""

from __future__ import annotations

from unittest import mock

from site_apply import announce, docker, legacy
from site_apply.command import Result
from site_apply.docker import Container, Project
from site_apply.errors import NotStarted
from site_apply.networks import is_in_the_way

from .support import HostTest, containers_of

NETWORKS = {
    "nginx": {"lab_jupyter", "lab_to-1", "lab_to-2"},
    "mariadb": {"lab_db", "lab_db-1"},
    "one": {"lab_to-1", "lab_db-1"},
    "two": {"lab_to-2"},
}


class InTheWayTest(HostTest):
    def test_is_true_for_an_app_on_a_network_that_another_app_gets(self) -> None:
        self.assertTrue(is_in_the_way("two", {"lab_to-1"}, NETWORKS))
        self.assertTrue(is_in_the_way("two", {"lab_to-2", "lab_db-1"}, NETWORKS))

    def test_is_true_for_a_removed_app_on_a_network_of_the_release(self) -> None:
        self.assertTrue(is_in_the_way("removed", {"lab_to-2"}, NETWORKS))

    def test_is_false_for_a_service_on_its_own_networks(self) -> None:
        for service, on in NETWORKS.items():
            self.assertFalse(is_in_the_way(service, on, NETWORKS), service)

    def test_is_false_for_a_network_that_no_service_gets(self) -> None:
        self.assertFalse(is_in_the_way("nginx", {"lab_jupyter", "lab_to-5"}, NETWORKS))
        self.assertFalse(is_in_the_way("one", {"lab_to-one"}, NETWORKS))


class EarlierReleaseTest(HostTest):
    HEADER = "project lab\nnetwork to-app\nvisitor nginx to-app\nvisitor mariadb db-app mariadb\n"

    def attach(self, connected: Result) -> mock.Mock:
        """Runs attach_networks. nginx is already on its networks, and MariaDB is not."""
        on = {"nginx-1": ["lab_jupyter", "lab_to-app"], "mariadb-1": ["lab_db"]}
        with (
            mock.patch.object(Project, "snapshot", lambda _: containers_of("nginx", "mariadb")),
            mock.patch.object(docker, "inspect", lambda container: [Container(container, networks=on[container])]),
            mock.patch.object(docker, "act", return_value=connected) as act,
        ):
            legacy.attach_networks(Project("lab"), self.root)
        return act

    def test_connects_a_service_that_is_not_connected_yet(self) -> None:
        self.write(".header", self.HEADER)
        act = self.attach(Result(0, b""))
        act.assert_called_once_with("network", "connect", "--alias", "mariadb", "lab_db-app", "mariadb-1")

    def test_fails_with_dockers_message(self) -> None:
        self.write(".header", self.HEADER)
        with self.assertRaises(NotStarted):
            self.attach(Result(1, b"no such network"))
        self.assertIn("mariadb could not be connected to the network db-app. Docker says: no such network", self.output)

    def test_connects_nothing_if_compose_yaml_has_the_networks(self) -> None:
        self.attach(Result(0, b"")).assert_not_called()


class AnnounceTest(HostTest):
    def announced(self, before: str, after: str) -> str:
        for folder, networks in (("releases/old", before), ("incoming", after)):
            self.write(f"{folder}/release.json", f'{{"version": 1, "release": "1", "project": "lab", "networks": {networks}}}')
        (self.root / "current").symlink_to("releases/old")
        announce._announce_networks(self.layout)
        return self.output

    def test_shows_added_networks(self) -> None:
        output = self.announced('["jupyter", "to-4"]', '["jupyter", "to-4", "to-5", "to-6"]')
        self.assertEqual(output, "Networks added: to-5 to-6. The services in them are recreated.\n")

    def test_shows_removed_networks(self) -> None:
        output = self.announced('["jupyter", "to-5"]', '["jupyter"]')
        self.assertEqual(output, "Networks removed: to-5. The services in them are recreated.\n")

    def test_shows_nothing_if_the_networks_stay(self) -> None:
        self.assertEqual(self.announced('["jupyter"]', '["jupyter"]'), "")
