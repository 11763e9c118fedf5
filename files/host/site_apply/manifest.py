"""The manifests release.json and secrets.json. files/release/manifest.ts defines and explains their keys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, TypeVar

from .history.config import History
from .typed_json import NotUnderstood, parse

VERSION = 1

Argv = list[str]


class ManifestError(Exception):
    """The manifest cannot be understood."""


@dataclass(frozen=True)
class Hole:
    """A vulnerability of versions before this one. fix: the command for another version."""

    fixed_in: str
    what: str
    fix: str


@dataclass(frozen=True)
class Image:
    reference: str
    size_mib: int
    setting: str = ""
    pin: str = ""
    holes: list[Hole] = field(default_factory=list)


@dataclass(frozen=True)
class Port:
    address: str
    port: int
    setting: str = ""


@dataclass(frozen=True)
class Folder:
    path: str
    inner: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ReadinessProbe:
    service: str
    succeeds: Argv


@dataclass(frozen=True)
class MemoryShare:
    """The memory that a service may use: one part of so many of the machine's, or `least_mib` if that is more."""

    least_mib: int
    part: int


@dataclass(frozen=True)
class Certificate:
    id: str
    folder: str
    reader: str


@dataclass(frozen=True)
class Service:
    name: str
    image: str = ""
    user: str = ""
    files: str = ""
    secrets: str = ""
    folders: list[Folder] = field(default_factory=list)
    reload: Argv = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    user_controlled: bool = False
    memory_beside_mib: Optional[int] = None
    memory_share: Optional[MemoryShare] = None
    processes_per_core: Optional[int] = None
    readiness_probe: Optional[ReadinessProbe] = None
    prepare: list[Argv] = field(default_factory=list)
    post_release: list[Argv] = field(default_factory=list)
    dismiss: Argv = field(default_factory=list)
    activity: Argv = field(default_factory=list)
    smoke_test: Argv = field(default_factory=list)
    certificate: Optional[Certificate] = None
    units: bool = False
    sign_out: Argv = field(default_factory=list)
    dump: Argv = field(default_factory=list)
    load: Argv = field(default_factory=list)
    drill: Argv = field(default_factory=list)


@dataclass(frozen=True)
class Purged:
    app: str
    folder: str


@dataclass(frozen=True)
class RestoreFrom:
    """
    What a new site restores before it opens. site: the Compose project that made the backup. at: a time in UTC; empty: the newest
    backup.
    """

    site: str
    at: str = ""


@dataclass(frozen=True)
class Backup:
    """
    The backup of the history. service: the service with restic; where a timer starts it, it runs for that only. state: folder of
    what one run leaves to the next. destination: where the backup is, for people. folder: the same, if it is on this machine.
    restic: the program in its container.
    """

    service: str
    state: str
    destination: str
    folder: str = ""
    restic: Argv = field(default_factory=lambda: ["restic"])
    restore: Optional[RestoreFrom] = None


@dataclass(frozen=True)
class Reboots:
    """Reboots for updates. at: a time of day, such as 04:00, in a time zone. units: the folder of the systemd units."""

    at: str
    timezone: str
    units: str


@dataclass(frozen=True)
class Manifest:
    version: int
    release: str
    project: str
    # URL of Jupyter, and the folder of the data that outlives the site. Empty in releases of earlier versions.
    url: str = ""
    data: str = ""
    # The folder of the texts that the front page shows.
    notices: str = ""
    machine: str = ""
    images: list[Image] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    allow: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    purge: list[Purged] = field(default_factory=list)
    history: Optional[History] = None
    backup: Optional[Backup] = None
    reboots: Optional[Reboots] = None

    def service(self, name: str) -> Service:
        """A service's entry; an empty one if there is none."""
        return next((each for each in self.services if each.name == name), Service(name))


@dataclass(frozen=True)
class SecretsManifest:
    version: int
    # `UID:GID` of the secret files, by service.
    owners: dict[str, str]


Kind = TypeVar("Kind")


def read_manifest(kind: type[Kind], file: Path, *, strict: bool = True) -> Kind:
    """
    Reads a manifest. Throws ManifestError.

    strict: whether unknown keys are an error. A manifest of a newer version of this program may contain some.
    """
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ManifestError(f"{file.name} cannot be read: {error}") from error
    version = value.get("version") if isinstance(value, dict) else None
    if version != VERSION:
        raise ManifestError(f"{file.name} has version {version}, but this program supports version {VERSION}")
    try:
        result: Kind = parse(kind, value, file.name, strict)
    except NotUnderstood as error:
        raise ManifestError(str(error)) from error
    return result
