"""The containers of a site at one moment, from one `docker ps`."""

from __future__ import annotations

from dataclasses import dataclass

_COLUMNS = [
    "{{.ID}}",
    "{{.State}}",
    "{{.Names}}",
    "{{.Networks}}",
    '{{.Label "com.docker.compose.service"}}',
    '{{.Label "com.docker.compose.oneoff"}}',
    # The last column, because only a path may contain blanks.
    '{{.Label "com.docker.compose.project.working_dir"}}',
]
FORMAT = " ".join(_COLUMNS)


@dataclass(frozen=True)
class Listed:
    """A container in a snapshot."""

    id: str
    state: str
    name: str
    networks: frozenset[str]
    service: str
    # Whether `docker compose run` created it.
    is_one_off: bool
    # The folder of the release that created it.
    folder: str

    @property
    def is_running(self) -> bool:
        """Whether `docker ps` lists it without --all."""
        return self.state in ("running", "restarting", "paused")


@dataclass(frozen=True)
class Snapshot:
    """A site's containers at one moment, the newest first. It does not change when they do."""

    containers: list[Listed]

    @property
    def ids(self) -> set[str]:
        return {each.id for each in self.containers}

    @property
    def running(self) -> set[str]:
        """Ids of the running containers."""
        return {each.id for each in self.containers if each.is_running}

    def container_of(self, service: str) -> str:
        """Id of a service's container; empty if there is none. Containers of `docker compose run` do not count."""
        return next((each.id for each in self._of(service)), "")

    def running_container_of(self, service: str) -> str:
        """Id of a service's running container; empty if there is none. Containers of `docker compose run` do not count."""
        return next((each.id for each in self._of(service) if each.is_running), "")

    def _of(self, service: str) -> list[Listed]:
        return [each for each in self.containers if each.service == service and not each.is_one_off]


def snapshot_from(lines: list[str]) -> Snapshot:
    """The snapshot in the output of `docker ps --format`, with FORMAT."""
    return Snapshot([_listed(line) for line in lines])


def _listed(line: str) -> Listed:
    container, state, name, networks, service, one_off, folder = line.split(" ", len(_COLUMNS) - 1)
    return Listed(container, state, name, frozenset(networks.split(",")) - {""}, service, one_off == "True", folder)
