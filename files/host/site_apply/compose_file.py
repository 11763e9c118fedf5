"""Reads the compose.yaml of a release, as Docker Compose understands it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

from . import times
from .command import run
from .docker import DockerError, Project

# By service: the full names of its networks.
Networks = dict[str, set[str]]

_PROFILE = "check"


class InvalidComposeFile(DockerError):
    """Compose cannot read a compose.yaml. words: Compose's message."""

    def __init__(self, folder: Path, words: str) -> None:
        super().__init__(f"docker compose: the services of {folder} could not be read")
        self.words = words


class ComposeFile:
    """A release's compose.yaml. Files that it names are included."""

    def __init__(self, text: bytes) -> None:
        """text: the output of `docker compose config --format json`."""
        whole = json.loads(text)
        self.text = text
        self._services = whole.get("services") or {}
        networks = whole.get("networks") or {}
        self._networks = {name: each["name"] for name, each in networks.items()}
        self._hashes: Optional[dict[str, str]] = None
        # Whether each network is internal, by its full name.
        self.internal = {each["name"]: bool(each.get("internal")) for each in networks.values()}

    @property
    def services(self) -> list[str]:
        """The services that a release starts."""
        return [name for name, each in self._services.items() if not each.get("profiles")]

    @property
    def checks(self) -> list[str]:
        """The services that check files of other services."""
        return [name for name, each in self._services.items() if _PROFILE in (each.get("profiles") or [])]

    @property
    def networks(self) -> Networks:
        return {name: {self._networks[each] for each in self._services[name].get("networks") or {}} for name in self.services}

    def definition(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = self._services[service]
        return found

    def hashes(self, project: Project) -> dict[str, str]:
        """Compose's hash of each service. It includes the content of env_file, which plain `config --hash` leaves out."""
        if self._hashes is None:
            words = ["docker", "compose", "--project-name", project.name, "--file", "-", "config", "--hash", "*"]
            lines = run(words, within=times.QUESTION_WITHIN, given=self.text).lines
            self._hashes = {service: hash_ for service, _, hash_ in (line.partition(" ") for line in lines)}
        return self._hashes


def read_compose_file(project: Project, folder: Path) -> ComposeFile:
    """Reads the compose.yaml in a release's folder. Throws InvalidComposeFile."""
    words = ["--profile", _PROFILE, "config"]
    found = project.compose(folder, *words, "--format", "json", errors=False)
    if not found.ok:
        # Asked for separately, because a warning among the JSON would make it unreadable.
        raise InvalidComposeFile(folder, project.compose(folder, *words, "--quiet").last_line)
    return ComposeFile(found.raw)
