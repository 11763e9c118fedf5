from __future__ import annotations

import io
import json
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

from person_servers import activity, engine, main
from person_servers.names import name_of

from .support import ANN, BOB, CONTAINER, EVE, SpawnerTest


class Servers(SpawnerTest):
    def test_start_stop_and_tell_their_state(self) -> None:
        self.assertEqual(self.ask("status"), {"ok": True, "running": False, "code": 0, "killed": False})
        host = self.ask("start")["host"]
        self.assertRegex(host, "^person-[0-9a-f]{24}$")
        self.assertTrue(self.ask("status")["running"])
        self.assertEqual(self.ask("start")["host"], host)
        # The second start only looked.
        self.assertEqual(self.engine.calls.count("POST /containers/create"), 1)
        self.assertEqual(self.ask("stop"), {"ok": True})
        self.assertEqual(self.ask("stop"), {"ok": True})
        self.assertNotIn(f"lab-person-{ANN}", self.engine.containers)

    def test_differ_only_in_home_network_labels_and_secrets(self) -> None:
        hosts = [self.ask("start", name)["host"] for name in (ANN, BOB)]
        self.assertNotEqual(*hosts)
        self.assertEqual([self.home_of(name) for name in (ANN, BOB)], ["/srv/data/home", f"/srv/data/homes/{BOB}"])
        asked = [self.container(name)["Config"] for name in (ANN, BOB)]
        networks = [list(each["NetworkingConfig"]["EndpointsConfig"]) for each in asked]
        self.assertEqual(networks, [["lab_person-1"], ["lab_person-2"]])
        for each in asked:
            each["HostConfig"]["Mounts"] = CONTAINER["HostConfig"]["Mounts"]
            del each["HostConfig"]["NetworkMode"], each["Labels"], each["NetworkingConfig"]
            self.assertEqual(each, CONTAINER)
        secrets = [self.secrets(name) for name in (ANN, BOB)]
        self.assertEqual(set(secrets[0]), {"run/secrets/jupyter/door-secret", "run/secrets/jupyter/database-url"})
        for file in secrets[0]:
            self.assertNotEqual(secrets[0][file], secrets[1][file])
        # The password is in the environment of the command, not in its words.
        self.wait_for_commands(4)
        container, words, environment = next(each for each in self.engine.commands if each[1][-1] == f"person_{ANN}")
        self.assertEqual((container, words), ("lab-mariadb-1", ["sh", "person.sh", f"person_{ANN}"]))
        password = environment[0].partition("=")[2]
        self.assertIn(f"//person_{ANN}:{password}@", secrets[0]["run/secrets/jupyter/database-url"])

    def secrets(self, name: str) -> dict[str, str]:
        with tarfile.open(fileobj=io.BytesIO(self.engine.archives[f"lab-person-{name}"])) as archive:
            files = [each for each in archive if each.isfile()]
            self.assertEqual({each.mode for each in files}, {0o600})
            return {each.name: archive.extractfile(each).read().decode() for each in files}  # type: ignore[union-attr]

    def test_say_why_they_do_not_start(self) -> None:
        rows: list[tuple[str, str, tuple[int, str], str]] = [
            ("image", "POST /containers/create", (404, "No such image: lab:1"), "The image lab:1 is not on this machine"),
            ("docker", "POST /containers/.*/start", (500, "cgroups: full"), "It says: cgroups: full"),
            ("docker", "PUT /containers/.*/archive", (500, "no space left on device"), "no space left"),
        ]
        for code, call, refusal, words in rows:
            self.engine.refuses = {call: refusal}
            answer = self.ask("start")
            self.assertEqual(answer["code"], code)
            self.assertIn(words, answer["words"])
            # Nothing half-made is left, and the next start succeeds.
            self.assertNotIn(f"lab-person-{ANN}", self.engine.containers)
            self.engine.refuses = {}
            self.assertTrue(self.ask("start")["ok"])
            self.ask("stop")
        self.memory.write_text("MemAvailable: 102400 kB\n")
        answer = self.ask("start")
        self.assertEqual(answer["code"], "memory")
        self.assertIn("100 MiB of memory left", answer["words"])

    def test_say_that_docker_is_stopped(self) -> None:
        self.engine.close()
        for action in ("start", "stop", "status"):
            self.assertEqual(self.ask(action)["code"], "engine")

    def test_start_without_a_database_that_is_down(self) -> None:
        del self.engine.containers["lab-mariadb-1"]
        self.assertTrue(self.ask("start")["ok"])
        # The rest is prepared.
        self.wait_for_commands(1)
        self.assertEqual(self.engine.commands, [(f"lab-person-{ANN}", ["sh", "prepare"], [])])

    def test_are_made_again_after_a_killed_start(self) -> None:
        self.ask("start")
        for status in ("created", "exited", "dead"):
            self.container()["State"].update(Running=False, Status=status)
            self.assertTrue(self.ask("start")["ok"])
            self.assertTrue(self.container()["State"]["Running"])

    def test_that_were_only_created_take_no_place(self) -> None:
        for place in self.definition.networks:
            labels = {"jupyter-up.site": "lab", "jupyter-up.person": BOB, "jupyter-up.place": place}
            self.engine.add(f"lab-person-{place}", {"Labels": labels}, "created")
        self.assertTrue(self.ask("start")["ok"])
        # Such a container cannot start later, on the network of another server.
        self.assertEqual(set(self.engine.containers), {"lab-mariadb-1", f"lab-person-{ANN}"})

    def test_tell_everybody_at_the_same_time_that_docker_hangs(self) -> None:
        self.patch(engine, "ANSWER_WITHIN", 0.3)
        self.engine.delay = 1
        began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda name: self.ask("start", name), (ANN, BOB, EVE)))
        self.assertEqual([each["code"] for each in answers], ["engine"] * 3)
        self.assertLess(time.monotonic() - began, 0.8)

    def test_tell_an_end_for_memory_from_others(self) -> None:
        self.ask("start")
        self.container()["State"].update(Running=False, ExitCode=137, OOMKilled=True)
        self.assertEqual(self.ask("status"), {"ok": True, "running": False, "code": 137, "killed": True})

    def test_of_people_who_are_not_on_the_list_are_stopped(self) -> None:
        for name in (ANN, BOB):
            self.ask("start", name)
        with mock.patch("builtins.print") as said:
            main.dismiss(self.servers, {"ann@example.com"})
        self.assertEqual(self.servers.running(), [ANN])
        # The starts are still being prepared, and may say something, too.
        ends = [call.args[0] for call in said.call_args_list if "allow list" in call.args[0]]
        self.assertEqual(ends, ["bob@example.com is not on the allow list any more. Their server was stopped."])

    def test_are_added_up_and_not_believed_about_their_person(self) -> None:
        for name in (ANN, BOB):
            self.ask("start", name)
        kernel = {"person": "bob@example.com", "busy": True, "since": "now"}
        told: dict[str, Any] = {
            ANN: {"kernels": [kernel], "terminals": 1, "busy_terminals": 1, "memory": 5, "limit": 9},
            BOB: "nonsense",
        }
        fake = mock.Mock(run=lambda container, *_: (0, json.dumps(told[container.partition("-person-")[2]])))
        found = json.loads(activity.of_all(fake, self.definition, self.servers.running()))
        self.assertEqual(found["kernels"], [{**kernel, "person": "ann@example.com"}])
        self.assertEqual((found["terminals"], found["memory"], found["limit"]), (1, 5, 9))


class HomesOfPeople(SpawnerTest):
    def test_the_first_person_keeps_the_first_home(self) -> None:
        self.ask("start")
        self.ask("stop")
        # Another order of the allow list.
        self.listen(first=(BOB, "/srv/data/home"))
        for name, home in ((BOB, f"/srv/data/homes/{BOB}"), (ANN, "/srv/data/home")):
            self.ask("start", name)
            self.assertEqual(self.home_of(name), home)

    def test_are_never_behind_a_link(self) -> None:
        outside = self.folder / "outside"
        outside.mkdir()
        (self.folder / "first" / "work").symlink_to(outside)
        (self.folder / "homes" / BOB).symlink_to(outside)
        self.assertTrue(self.ask("start")["ok"])
        self.assertEqual(self.ask("start", BOB)["code"], "folder")
        self.assertEqual(list(outside.iterdir()), [])

    def test_are_in_their_folder_also_of_people_whose_address_is_a_path(self) -> None:
        for person in ("..", "/etc", "a/../../b"):
            name = name_of(person)
            self.assertTrue(self.ask("start", name)["ok"])
            self.assertEqual(self.home_of(name), f"/srv/data/homes/{name}")
            self.assertTrue((self.folder / "homes" / name / "work").is_dir())
            self.ask("stop", name)
