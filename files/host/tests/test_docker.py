"""Tests of what the program asks Docker, and how often."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from unittest import mock

from site_apply import docker, machine, times
from site_apply.announce import announce
from site_apply.command import Result
from site_apply.compose_file import ComposeFile, InvalidComposeFile, read_compose_file
from site_apply.docker import Engine, NoEngine, Project
from site_apply.errors import Refusal
from site_apply.log import Waiting

from .support import HostTest

_COMPOSE = {
    "networks": {"jupyter": {"name": "lab_jupyter"}, "to-1": {"name": "lab_to-1"}},
    "services": {
        "nginx": {"networks": {"jupyter": None, "to-1": {"aliases": ["a"]}}},
        "nginx-check": {"profiles": ["check"], "network_mode": "none"},
        "spell-check": {"networks": {"to-1": None}},
        "history": {"network_mode": "none"},
    },
}


class DockerTest(HostTest):
    """A test with a fake docker. `answers`: its results, by the beginning of its arguments."""

    def setUp(self) -> None:
        super().setUp()
        self.answers: dict[str, Result] = {}
        self.asked: list[str] = []
        patch = mock.patch.object(docker, "run", self.run_docker)
        patch.start()
        self.addCleanup(patch.stop)
        docker.engine.cache_clear()
        self.addCleanup(docker.engine.cache_clear)

    def run_docker(self, argv: Sequence[str], **_: Any) -> Result:
        words = " ".join(argv[1:])
        self.asked.append(words)
        return next((result for start, result in self.answers.items() if words.startswith(start)), Result(0))


class EngineTest(DockerTest):
    PLUGINS = [{"Name": "compose"}, {"Name": "broken", "Err": "exit status 1"}]
    ANSWER = json.dumps({"folder": "/var/lib/docker", "memory": 1012924416, "cores": 2, "plugins": PLUGINS})

    def test_is_asked_once_in_a_run(self) -> None:
        self.answers["info"] = Result(0, f"WARNING: no config\n{self.ANSWER}\n".encode())
        for _ in range(3):
            self.assertEqual(docker.engine(), Engine("/var/lib/docker", 1012924416, 2, ["compose"]))
        self.assertEqual(len(self.asked), 1)

    def test_without_root_is_refused_before_a_release(self) -> None:
        self.answers["context"] = Result(0, b"unix:///run/user/1000/docker.sock\n")
        security = ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]
        self.answers["info"] = Result(0, json.dumps({**json.loads(self.ANSWER), "security": security}).encode())
        with mock.patch("shutil.which", return_value="/usr/bin/docker"):
            # Whatever else runs there can still be taken down.
            machine.check()
            with self.assertRaisesRegex(Refusal, "name=rootless.* unset DOCKER_HOST DOCKER_CONTEXT; docker context use default"):
                machine.check_for_release()
            docker.engine.cache_clear()
            self.answers["info"] = Result(0, json.dumps({**json.loads(self.ANSWER), "security": security[:1]}).encode())
            machine.check_for_release()

    def test_is_asked_again_if_it_has_not_answered(self) -> None:
        self.answers["info"] = Result(1, b'{"folder": "", "memory": 0, "cores": 0, "plugins": null}\nCannot connect')
        with self.assertRaisesRegex(NoEngine, "Cannot connect"):
            docker.engine()
        self.answers["info"] = Result(0, b'{"folder": "", "memory": 0, "cores": 0, "plugins": null}')
        self.assertEqual(docker.engine(), Engine("", 0, 0, []))


class ComposeFileTest(DockerTest):
    def test_has_the_services_of_the_release_and_their_networks(self) -> None:
        self.answers["compose"] = Result(0, json.dumps(_COMPOSE).encode())
        compose = read_compose_file(Project("lab"), self.root)
        self.assertEqual(compose.services, ["nginx", "spell-check", "history"])
        self.assertEqual(compose.checks, ["nginx-check"])
        networks = {"nginx": {"lab_jupyter", "lab_to-1"}, "spell-check": {"lab_to-1"}, "history": set[str]()}
        self.assertEqual(compose.networks, networks)
        self.assertEqual(len(self.asked), 1)

    def test_is_refused_with_the_message_of_compose(self) -> None:
        self.answers["compose"] = Result(1, b"warning\nservices.web is wrong\n")
        with self.assertRaisesRegex(InvalidComposeFile, f"the services of {self.root} could not be read") as refusal:
            read_compose_file(Project("lab"), self.root)
        self.assertEqual(refusal.exception.words, "services.web is wrong")


class SnapshotTest(DockerTest):
    def test_lists_all_containers_with_one_command(self) -> None:
        lines = [
            "a3 running lab-nginx-run-1 none nginx True /srv/my site/current",
            "a2 created a1_lab-nginx-1 lab_jupyter,lab_to-1 nginx False /srv/my site/current",
            "a1 restarting lab-nginx-1 lab_jupyter nginx False /srv/my site/current",
            "b1 exited lab-one-1  one  ",
        ]
        self.answers["ps"] = Result(0, "\n".join([*lines, ""]).encode())
        found = Project("lab").snapshot()
        self.assertEqual([found.container_of(name) for name in ("nginx", "one", "none")], ["a2", "b1", ""])
        self.assertEqual([found.running_container_of(name) for name in ("nginx", "one", "none")], ["a1", "", ""])
        self.assertEqual((found.ids, found.running), ({"a1", "a2", "a3", "b1"}, {"a1", "a3"}))
        self.assertEqual({each.folder for each in found.containers}, {"/srv/my site/current", ""})
        self.assertEqual([len(each.networks) for each in found.containers], [1, 2, 1, 0])
        self.assertEqual(len(self.asked), 1)

    def test_is_empty_without_containers(self) -> None:
        self.assertEqual(Project("lab").snapshot().containers, [])


class ImageTest(DockerTest):
    def test_all_are_looked_up_with_one_command(self) -> None:
        self.answers["image inspect"] = Result(0, b"sha256:1\nsha256:2\n")
        self.assertEqual(docker.image_ids(["one", "two", "one"]), {"one": "sha256:1", "two": "sha256:2"})
        self.assertEqual(len(self.asked), 1)

    def test_missing_ones_are_left_out(self) -> None:
        inspect = "image inspect --format {{.Id}} "
        self.answers = {
            f"{inspect}one two three": Result(1, b"sha256:1\nsha256:3\n"),
            f"{inspect}two": Result(1),
            f"{inspect}one": Result(0, b"sha256:1\n"),
            f"{inspect}three": Result(0, b"sha256:3\n"),
        }
        self.assertEqual(docker.image_ids(["one", "two", "three"]), {"one": "sha256:1", "three": "sha256:3"})


class AnnouncementTest(DockerTest):
    def test_asks_as_much_for_many_services_as_for_one(self) -> None:
        labels = {"com.docker.compose.config-hash": "same", "com.docker.compose.image": "sha256:1"}
        names = ["changed", "kept", "renewed"]
        containers = [
            {
                "Id": name,
                "Config": {"Image": f"{name}:1", "Labels": {**labels, "com.docker.compose.service": name}},
            }
            for name in names
        ]
        self.answers = {
            "ps": Result(0, b"changed\nkept\nrenewed\n"),
            "inspect": Result(0, json.dumps(containers).encode()),
            "image inspect": Result(0, b"sha256:1\nsha256:1\nsha256:2\n"),
        }
        hashes = Result(0, b"changed other\nkept same\nnew same\nrenewed same\n")
        with mock.patch("site_apply.compose_file.run", return_value=hashes):
            present = docker.inspect(*Project("lab").containers())
            announce(self.layout, Project("lab"), ComposeFile(b"{}"), present, [])
        self.assertEqual(
            self.said, ["changed: is recreated\n", "kept: keeps running\n", "new: starts\n", "renewed: is recreated\n"]
        )
        self.assertEqual([words.split(" ")[0] for words in self.asked], ["ps", "inspect", "image", "top", "top"])

    def test_leaves_out_containers_of_compose_run(self) -> None:
        service = {"com.docker.compose.service": "web", "com.docker.compose.image": ""}
        # Docker lists the newest first.
        containers = [
            {"Id": "b2", "Config": {"Labels": {**service, "com.docker.compose.oneoff": "True"}}},
            {
                "Id": "a1",
                "Config": {"Labels": {**service, "com.docker.compose.oneoff": "False", "com.docker.compose.config-hash": "one"}},
            },
        ]
        self.answers = {"ps": Result(0, b"b2\na1\n"), "inspect": Result(0, json.dumps(containers).encode())}
        with mock.patch("site_apply.compose_file.run", return_value=Result(0, b"web one\n")):
            announce(self.layout, Project("lab"), ComposeFile(b"{}"), docker.inspect(*Project("lab").containers()), [])
        self.assertEqual(self.said, ["web: keeps running\n"])


class WaitingTest(HostTest):
    def test_pauses_briefly_at_first(self) -> None:
        with mock.patch("time.sleep") as sleep:
            waiting = Waiting("Waiting for web")
            for _ in range(5):
                waiting.pause()
        pauses = [call.args[0] for call in sleep.call_args_list]
        self.assertEqual(pauses, [0.2, 0.4, 0.8, 1, 1])
        self.assertEqual((pauses[0], pauses[-1]), (times.FIRST_PAUSE, times.LONGEST_PAUSE))
