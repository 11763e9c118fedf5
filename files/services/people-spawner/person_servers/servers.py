"""The servers of people: one container each."""

from __future__ import annotations

import copy
import hashlib
import threading
from pathlib import Path
from typing import Any

from .definition import Definition
from .engine import Engine, EngineError
from .homes import Homes
from .names import secret_of
from .words import Refused

PORT = 8888
_PERSON, _PROJECT, _PLACE = "jupyter-up.person", "jupyter-up.site", "jupyter-up.place"
_MEMORY = Path("/proc/meminfo")


class Servers:
    def __init__(self, definition: Definition, engine: Engine, homes: Homes, key: str, database_key: str) -> None:
        """key: the secret from which each server's own is made; nginx has it, too. database_key: the same for passwords."""
        self._definition, self._engine, self._homes = definition, engine, homes
        self._key, self._database_key = key, database_key
        # Places and memory are counted before a server gets them.
        self._starting = threading.Lock()

    def start(self, name: str) -> str:
        """Starts a server that does not run, and returns its host name. Throws Refused."""
        try:
            # Without the lock, so that an engine that hangs lets nobody wait for others.
            if self._runs(name):
                return self._host_of(name)
            with self._starting:
                return self._start(name)
        except EngineError as error:
            raise self._refused(error) from error

    def stop(self, name: str) -> None:
        """Stops a server, if it runs, and removes its container. Throws Refused."""
        container = self._definition.container_of(name)
        try:
            if self._engine.inspect(container):
                self._engine.stop(container)
                self._engine.remove(container)
        except EngineError as error:
            if error.status != 404:
                raise self._refused(error) from error

    def status(self, name: str) -> dict[str, Any]:
        """Whether a server runs; if not, its exit code, and whether it ran out of memory. Throws Refused."""
        try:
            found = self._engine.inspect(self._definition.container_of(name))
        except EngineError as error:
            raise self._refused(error) from error
        state = found["State"] if found else {}
        is_running = state.get("Running") is True
        return {
            "running": is_running,
            "code": state.get("ExitCode", 0),
            "killed": not is_running and state.get("OOMKilled") is True,
        }

    def running(self) -> list[str]:
        """The names of the servers that run."""
        return [each["Labels"][_PERSON] for each in self._all() if each["State"] == "running"]

    def _start(self, name: str) -> str:
        container = self._definition.container_of(name)
        if self._runs(name):
            return self._host_of(name)
        self._engine.remove(container)
        network = self._free_network()
        free, needed = _free_memory(), self._definition.least_mib
        if free < needed:
            raise Refused("memory", free=free, needed=needed)
        home = self._homes.prepare(name)
        created = self._engine.create(container, self._container_for(name, network, home))
        try:
            self._engine.put(created, self._secrets_of(name), self._definition.owner)
            self._engine.start(created)
        except EngineError:
            self._engine.remove(created)
            raise
        threading.Thread(target=self._prepare, args=[name, created], daemon=True).start()
        return self._host_of(name)

    def _runs(self, name: str) -> bool:
        found = self._engine.inspect(self._definition.container_of(name))
        return found is not None and found["State"].get("Running") is True

    def _prepare(self, name: str, container: str) -> None:
        """Does what a server needs beside its start. A failure is only in the log: such a server is better than none."""
        try:
            self._make_database(name)
            for command in self._definition.prepare:
                self._engine.run_behind(container, command)
        except EngineError as error:
            print(f"The server of {name} was not prepared: {error.words}", flush=True)

    def _free_network(self) -> str:
        """A network without a server. Each is for one server at a time, so that no server reaches another one. Throws Refused."""
        servers = self._all()
        for each in servers:
            if each["State"] == "created":
                # A start that broke off has left it: starts have the lock. It must not start later, beside another server.
                self._engine.remove(each["Id"])
        taken = {each["Labels"].get(_PLACE) for each in servers if each["State"] in ("running", "restarting", "paused")}
        free = [network for network in self._definition.networks if network not in taken]
        if not free:
            places = len(self._definition.networks)
            raise Refused("full", places=places, more=places + 1)
        return free[0]

    def _container_for(self, name: str, network: str, home: str) -> dict[str, Any]:
        container = copy.deepcopy(self._definition.container)
        for mount in container["HostConfig"]["Mounts"]:
            if mount["Target"] == self._definition.home:
                mount["Source"] = home
        container["Labels"] = {_PROJECT: self._definition.project, _PERSON: name, _PLACE: network}
        container["HostConfig"]["NetworkMode"] = network
        container["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": [self._host_of(name)]}}}
        return container

    def _secrets_of(self, name: str) -> dict[str, str]:
        files = {"door-secret": f"{secret_of(self._key, name)}\n"}
        if self._definition.database:
            user, password = database_user(name), secret_of(self._database_key, name)
            address = f"mariadb+pymysql://{user}:{password}@localhost/{user}"
            files["database-url"] = f"{address}?charset=utf8mb4&unix_socket=/run/mysqld/mysqld.sock\n"
        return {f"run/secrets/jupyter/{file}": text for file, text in files.items()}

    def _make_database(self, name: str) -> None:
        """Makes the person's database."""
        if not self._definition.database:
            return
        container, command = self._definition.database
        try:
            password = f"PERSON_PASSWORD={secret_of(self._database_key, name)}"
            code, said = self._engine.run(container, [*command, database_user(name)], [password])
        except EngineError as error:
            code, said = 1, error.words
        if code != 0:
            print(f"The database of {name} could not be made: {said.strip()}", flush=True)

    def _host_of(self, name: str) -> str:
        """The server's host name. It is a hash, because a label has 63 characters at most."""
        return f"person-{hashlib.sha256(name.encode()).hexdigest()[:24]}"

    def _all(self) -> list[dict[str, Any]]:
        return self._engine.labelled(f"{_PROJECT}={self._definition.project}")

    def _refused(self, error: EngineError) -> Refused:
        if error.status == 0:
            return Refused("engine")
        if error.status == 404 and "image" in error.words.lower():
            return Refused("image", image=self._definition.container["Image"])
        return Refused("docker", said=error.words)


def database_user(name: str) -> str:
    """The user and the database of a person. No app has such a name. MariaDB's databases have 64 characters at most."""
    return f"person_{name}" if len(name) <= 57 else f"person_{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _free_memory() -> int:
    """The memory of the machine in MiB that programs can still use."""
    lines = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) // 1024
