from __future__ import annotations

import shutil
from unittest import mock

from site_apply import docker, people, people_servers
from site_apply.command import Result
from site_apply.docker import DockerError, Project
from site_apply.layout import Layout
from site_apply.manifest import Manifest, Service

from .support import HostTest, containers_of

SHARED = Manifest(1, "new", "lab", services=[Service("jupyter")])
OWN = Manifest(1, "new", "lab", services=[Service("jupyter"), Service("people-spawner", dismiss=["dismiss"])])


class PeopleServersTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[tuple[str, ...]] = []
        self.running = "a1\nb2"
        self.write("files/people-spawner/abc/definition.json", "{}")

    def act(self, *words: str, **_: object) -> Result:
        self.asked.append(words)
        return Result(0)

    def remove(self, manifest: Manifest) -> None:
        with mock.patch.object(docker, "answer", lambda *_: self.running), mock.patch.object(docker, "act", self.act):
            people_servers.remove_without_spawner(self.layout, Project("lab"), manifest)

    def test_are_removed_if_all_people_have_one_jupyter(self) -> None:
        self.remove(SHARED)
        self.assertEqual(self.asked, [("stop", "a1", "b2"), ("rm", "--force", "--volumes", "a1", "b2")])

    def test_are_left_alone_by_a_release_with_servers_of_people(self) -> None:
        self.remove(OWN)
        self.assertEqual(self.asked, [])

    def test_cost_nothing_if_there_are_none(self) -> None:
        self.running = ""
        self.remove(SHARED)
        self.assertEqual(self.asked, [])

    def test_are_not_looked_for_at_a_site_that_never_had_them(self) -> None:
        shutil.rmtree(self.layout.files / "people-spawner")
        with mock.patch.object(docker, "answer", side_effect=AssertionError("Docker was asked.")):
            people_servers.remove_without_spawner(self.layout, Project("lab"), SHARED)
            self.assertEqual(people_servers.mounted(self.layout, Project("lab")), [])

    def test_are_mentioned_if_docker_does_not_answer(self) -> None:
        with mock.patch.object(docker, "answer", side_effect=DockerError("Docker did not answer.")):
            people_servers.remove(Project("lab"))
        self.assertIn("may still run. Docker did not answer.", "".join(self.said))

    def test_are_stopped_without_words_about_one_jupyter_for_all(self) -> None:
        before = Manifest(1, "old", "lab", allow=["ann@example.com", "eve@example.com"])
        newest = Manifest(1, "new", "lab", allow=["ann@example.com"], services=OWN.services)
        project = mock.Mock(snapshot=lambda: containers_of("people-spawner"))
        asked: list[bytes] = []

        def act(*_: str, given: bytes = b"", **__: object) -> Result:
            asked.append(given)
            return Result(0, b"eve@example.com is not on the allow list any more. Their server was stopped.\n")

        with mock.patch.object(docker, "act", act):
            people.end_removed(Layout(self.root), project, newest, before)
        self.assertEqual(asked, [b"ann@example.com\n"])
        self.assertIn("Their server was stopped.", "".join(self.said))
        self.assertNotIn("Other programs", "".join(self.said))
