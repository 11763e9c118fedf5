"""A spawner that listens on a socket, with a fake of Docker's engine."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from person_servers import requests, servers
from person_servers.definition import Definition
from person_servers.engine import Engine
from person_servers.homes import Homes
from person_servers.names import name_of

from .fake_engine import FakeEngine

ANN, BOB, EVE = (name_of(f"{name}@example.com") for name in ("ann", "bob", "eve"))
CONTAINER: dict[str, Any] = {
    "Image": "lab:1",
    "Env": ["A=b"],
    "HostConfig": {
        "Mounts": [
            {"Type": "bind", "Source": "/srv/data/home", "Target": "/home/jovyan"},
            {"Type": "bind", "Source": "/srv/notebooks", "Target": "/home/jovyan/work/shared"},
        ],
        "CapDrop": ["ALL"],
    },
}


class SpawnerTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("homes", "first"):
            (self.folder / name).mkdir()
        self.engine = FakeEngine(f"{self.folder}/engine.sock")
        self.addCleanup(self.engine.close)
        self.engine.add("lab-mariadb-1", {}, "running")
        self.memory = self.folder / "meminfo"
        self.memory.write_text("MemTotal: 4096000 kB\nMemAvailable:    1024000 kB\n")
        self.patch(servers, "_MEMORY", self.memory)
        self.listen()

    def patch(self, module: Any, name: str, value: Any) -> None:
        patch = mock.patch.object(module, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def listen(self, **changes: Any) -> None:
        """Starts a spawner. changes: of the definition."""
        values: dict[str, Any] = {
            "project": "lab",
            "networks": ["lab_person-1", "lab_person-2"],
            "container": CONTAINER,
            "home": "/home/jovyan",
            "homes": "/srv/data/homes",
            "owner": (os.getuid(), os.getgid()),
            "first": (ANN, "/srv/data/home"),
            "prepare": [["sh", "prepare"]],
            "least_mib": 200,
            "database": ("lab-mariadb-1", ["sh", "person.sh"]),
            **changes,
        }
        self.definition = Definition(**values)
        homes = Homes(self.definition, self.folder / "homes", self.folder / "first")
        self.servers = servers.Servers(self.definition, Engine(f"{self.folder}/engine.sock"), homes, "key", "database key")
        self.socket = tempfile.mktemp(dir=self.folder)
        listener = requests.Listener(self.socket, self.servers)
        self.addCleanup(listener.server_close)
        self.addCleanup(listener.shutdown)
        threading.Thread(target=lambda: listener.serve_forever(0.02), daemon=True).start()

    def send(self, sent: bytes, end: bool = True) -> Any:
        """Sends bytes, and returns the answer. end: whether the client then sends no more."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(self.socket)
            try:
                client.sendall(sent)
                if end:
                    client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # The spawner has ended the connection.
            with client.makefile() as answer:
                return json.loads(answer.readline() or "null")

    def ask(self, action: str, name: str = ANN) -> Any:
        return self.send(json.dumps({"do": action, "name": name}).encode() + b"\n", end=False)

    def wait_for_commands(self, count: int) -> None:
        """Waits until so many commands were run in containers: the spawner runs them beside the start."""
        deadline = time.monotonic() + 10
        while len(self.engine.commands) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def container(self, name: str = ANN) -> Any:
        return self.engine.containers[f"lab-person-{name}"]

    def home_of(self, name: str) -> str:
        """The home that a server has, on the host."""
        home: str = self.container(name)["Config"]["HostConfig"]["Mounts"][0]["Source"]
        return home
