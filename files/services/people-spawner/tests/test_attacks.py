"""Attacks by somebody who can send requests to the spawner, as the hub can."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

from person_servers import requests

from .support import ANN, BOB, EVE, SpawnerTest

NAMES: list[Any] = [
    "../../etc",
    "ann/../bob",
    "lab-nginx-1x/../nginx",
    "Ann",
    "",
    "a" * 300,
    "ann\0",
    "ann\n",
    "-61nn",
    None,
    1,
    [],
    {},
]
ACTIONS: list[Any] = ["remove", "exec", "", None, ["start"], {}]
REQUESTS: list[Any] = [
    *({"do": "start", "name": name} for name in NAMES),
    *({"do": action, "name": ANN} for action in ACTIONS),
    {"do": "start"},
    {"name": ANN},
    {"do": "start", "name": ANN, "image": "evil"},
    {"do": "start", "name": ANN, "HostConfig": {"Privileged": True}},
    {"do": "stop", "name": ANN, "project": "other"},
    *([], ["start", ANN], "start", 1, None),
]
GARBLED = [b"\n", b"{\n", b"\xff\xfe\n", b"[" * 1000 + b"\n", b"x" * 100_000, b"GET / HTTP/1.1\r\n\r\n", b'{"do": "start"', b""]


class Attacks(SpawnerTest):
    def test_requests_that_the_hub_does_not_send(self) -> None:
        for sent in [json.dumps(each).encode() + b"\n" for each in REQUESTS] + GARBLED:
            self.assertEqual(self.send(sent)["code"], "bad", sent[:60])
        self.assertEqual(self.engine.calls, [])
        self.assertTrue(self.ask("start")["ok"])

    def test_names_of_other_containers(self) -> None:
        self.engine.add("lab-nginx-1", {}, "running")
        for name in ("nginx", "lab-2dnginx-2d1", "mariadb"):
            self.assertEqual(self.ask("stop", name), {"ok": True})
        self.assertEqual(set(self.engine.containers), {"lab-nginx-1", "lab-mariadb-1"})
        self.assertEqual([call for call in self.engine.calls if not call.startswith("GET")], [])

    def test_slow_requests(self) -> None:
        self.patch(requests, "READ_WITHIN", 0.5)
        with socket.socket(socket.AF_UNIX) as slow:
            slow.connect(self.socket)
            slow.sendall(b'{"do": "st')
            # Others are served meanwhile.
            self.assertTrue(self.ask("start")["ok"])
            slow.settimeout(5)
            self.assertEqual(json.loads(slow.recv(1000))["code"], "bad")

    def test_many_requests_at_once(self) -> None:
        self.patch(requests, "READ_WITHIN", 1)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(requests.MOST)]
        for each in waiting:
            each.connect(self.socket)
        time.sleep(0.3)
        self.assertEqual(self.ask("status")["code"], "busy")
        time.sleep(1.2)
        self.assertTrue(self.ask("status")["ok"])
        for each in waiting:
            each.close()

    def test_concurrent_starts(self) -> None:
        self.engine.delay = 0.02
        answers: list[Any] = []

        def start(name: str) -> None:
            answers.append(self.ask("start", name))

        threads = [threading.Thread(target=start, args=[name]) for name in (ANN, ANN, BOB, BOB, EVE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        running = [each for name, each in self.engine.containers.items() if "-person-" in name]
        # There are two networks, so there are two servers, and neither shares its network.
        self.assertEqual(len({each["Config"]["Labels"]["jupyter-up.place"] for each in running}), 2)
        self.assertEqual(len(running), 2)
        self.assertEqual({each["code"] for each in answers if not each["ok"]}, {"full"})
