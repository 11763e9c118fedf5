"""Runs Docker's command line client. Every command has a time limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Optional

from . import times
from .command import Result, run
from .containers import FORMAT, Snapshot, snapshot_from


class DockerError(Exception):
    """A Docker command failed, and the program cannot continue without its output."""


class NoEngine(DockerError):
    """Docker's engine does not answer. result: the result of `docker info`."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"Docker's engine does not answer. Docker says: {result.last_line}")
        self.result = result


def ask(*words: str, within: Optional[float] = None) -> Result:
    """Runs a Docker command that only reads. The output does not include standard error. within: seconds."""
    return run(["docker", *words], within=within or times.QUESTION_WITHIN)


def act(*words: str, within: Optional[float] = None, **options: Any) -> Result:
    """Runs a Docker command that changes something. The output includes standard error, to show why it failed. within: seconds."""
    return run(["docker", *words], within=within or times.QUESTION_WITHIN, errors=True, **options)


def answer(*words: str) -> str:
    """The output of a Docker command that only reads. Throws DockerError if it fails."""
    result = ask(*words)
    if not result.ok:
        raise DockerError(
            f"Docker did not answer (docker {' '.join(words)}: exit code {result.code}). Check whether its engine runs (docker"
            " info), and run pulumi up again."
        )
    return result.text


@dataclass(frozen=True)
class Engine:
    """Docker's engine, its machine, and the plugins of its client, from `docker info`."""

    # Docker's data folder.
    folder: str
    # Bytes.
    memory: int
    cores: int
    plugins: list[str]
    # Whether it runs as a user, not as root.
    is_rootless: bool = False


_ENGINE = (
    '{"folder": {{json .DockerRootDir}}, "memory": {{.MemTotal}}, "cores": {{.NCPU}}, "plugins": {{json .ClientInfo.Plugins}},'
    ' "security": {{json .SecurityOptions}}}'
)


@cache
def engine() -> Engine:
    """The engine. Docker is asked once per run, because none of the values changes meanwhile. Throws NoEngine."""
    result = act("info", "--format", _ENGINE, within=times.ENGINE_WITHIN)
    # The client may print warnings, too.
    found = next((line for line in result.lines if line.startswith("{")), "")
    if not result.ok or not found:
        raise NoEngine(result)
    values = json.loads(found)
    plugins = [each["Name"] for each in values["plugins"] or [] if not each.get("Err")]
    is_rootless = "name=rootless" in (values.get("security") or [])
    return Engine(values["folder"], values["memory"], values["cores"], plugins, is_rootless)


@dataclass(frozen=True)
class Container:
    """A container, from `docker inspect`."""

    id: str
    image: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    status: str = ""
    restarts: int = 0
    health_check: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    name: str = ""
    # Of its health check; empty without one.
    health: str = ""
    # Time in UTC at which it was started.
    started: str = ""
    # Restart policy, and limits: bytes, and processes. 0: no limit.
    restart: str = "no"
    memory: int = 0
    pids: int = 0

    @property
    def service(self) -> str:
        return self.labels.get("com.docker.compose.service", "")

    @property
    def image_id(self) -> str:
        """Id of the image from which Compose created it."""
        return self.labels.get("com.docker.compose.image", "")

    @property
    def hash(self) -> str:
        """Compose's hash of the definition from which it was created."""
        return self.labels.get("com.docker.compose.config-hash", "")

    @property
    def is_one_off(self) -> bool:
        """Whether `docker compose run` created it. Such a container has the name of a service, but is not its container."""
        return self.labels.get("com.docker.compose.oneoff") == "True"


def inspect(*containers: str) -> list[Container]:
    """The state of containers. Containers that do not exist are left out. Throws DockerError if the engine does not answer."""
    if not containers:
        return []
    found = ask("inspect", "--type", "container", *containers)
    listed = json.loads(found.text or "[]")
    if not found.ok and not listed:
        # The client prints an empty list, too, if the engine has stopped.
        answer("version", "--format", "{{.Server.Version}}")
    return [_container(each) for each in listed]


def _container(said: dict[str, Any]) -> Container:
    config = said.get("Config") or {}
    state = said.get("State") or {}
    host = said.get("HostConfig") or {}
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return Container(
        id=said.get("Id", "")[:12],
        image=config.get("Image", ""),
        labels=config.get("Labels") or {},
        status=state.get("Status", ""),
        restarts=said.get("RestartCount", 0),
        health_check=_command(test),
        networks=list((said.get("NetworkSettings") or {}).get("Networks") or {}),
        mounts=[mount["Source"] for mount in said.get("Mounts") or [] if mount.get("Source")],
        name=said.get("Name", "").lstrip("/"),
        health=(state.get("Health") or {}).get("Status", ""),
        started=state.get("StartedAt", ""),
        restart=(host.get("RestartPolicy") or {}).get("Name") or "no",
        memory=host.get("Memory") or 0,
        pids=max(0, host.get("PidsLimit") or 0),
    )


def _command(test: Sequence[str]) -> list[str]:
    kind, *words = test or ["NONE"]
    return {"CMD": words, "CMD-SHELL": ["sh", "-c", *words]}.get(kind, [])


def image_ids(references: Iterable[str]) -> dict[str, str]:
    """Ids of images, by reference. Images that are not on this machine are left out."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        return {}
    found = ask("image", "inspect", "--format", "{{.Id}}", *wanted)
    if found.ok:
        return dict(zip(wanted, found.lines))
    if len(wanted) == 1:
        return {}
    # Docker's output does not say to which of them an id belongs.
    return {reference: id_ for each in wanted for reference, id_ in image_ids([each]).items()}


def image_id(reference: str) -> str:
    """Id of an image; empty if it is not on this machine."""
    return image_ids([reference]).get(reference, "")


class Project:
    """A Compose project: the containers and networks of a site."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._label = f"label=com.docker.compose.project={name}"

    def containers(self, *filters: str, running: bool = False) -> list[str]:
        """Short ids of the project's containers."""
        kind = ["--quiet"] if running else ["--all", "--quiet"]
        return answer("ps", *kind, *self._filters(filters)).split()

    def snapshot(self) -> Snapshot:
        """The project's containers as they are now."""
        found = answer("ps", "--all", *self._filters([]), "--format", FORMAT)
        return snapshot_from(found.split("\n") if found else [])

    def networks(self, format_: str) -> list[str]:
        """Output of `docker network ls --format`, one line per network."""
        return [line for line in answer("network", "ls", "--filter", self._label, "--format", format_).split("\n") if line]

    def compose(
        self, folder: Path, *words: str, within: Optional[float] = None, more_files: Sequence[Path] = (), **options: Any
    ) -> Result:
        """`docker compose` for the release in a folder. more_files: what is added to its services."""
        options.setdefault("errors", True)
        files = [word for file in (folder / "compose.yaml", *more_files) for word in ("--file", str(file))]
        where = ["--project-directory", str(folder), *files]
        argv = ["docker", "compose", "--project-name", self.name, *where, *words]
        return run(argv, within=within or times.QUESTION_WITHIN, **options)

    def remove_containers_of(self, service: str) -> None:
        for container in self.containers(f"label=com.docker.compose.service={service}"):
            act("rm", "--force", container)

    def _filters(self, filters: Sequence[str]) -> list[str]:
        return [word for each in [self._label, *filters] for word in ("--filter", each)]


def said_by_compose(result: Result) -> list[str]:
    """Compose's output without its progress lines."""
    return [line for line in result.lines if not line.lstrip(" ").startswith(("Container", "Network", "Volume"))]
