"""
The status of a site. scripts/status/report.ts is the other side of its JSON form; both are tested with one golden file.

Times are in UTC, such as 2026-11-28T07:15:00Z, and empty if unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from ..verify.change import Change

VERSION = 1


@dataclass(frozen=True)
class Release:
    id: str
    since: str


@dataclass(frozen=True)
class Service:
    """state: Docker's word, `running` or `exited` for example; `missing` without a container. health: empty without a check."""

    name: str
    state: str
    health: str = ""
    restarts: int = 0
    since: str = ""


@dataclass(frozen=True)
class Disk:
    """files_percent: the used share of the files that the disk can hold."""

    folder: str
    percent: int
    free_mib: int
    files_percent: int = 0
    is_nearly_full: bool = False


@dataclass(frozen=True)
class Memory:
    """Of the machine, in MiB. available: what programs can still get."""

    total_mib: int
    available_mib: int


@dataclass(frozen=True)
class Kernel:
    """busy: whether it runs a cell. since: its last activity."""

    person: str
    busy: bool
    since: str


@dataclass(frozen=True)
class Activity:
    """
    What runs in Jupyter. busy_terminals: those in which a program runs. Its users control Jupyter's container, so they can change
    these values.
    """

    kernels: list[Kernel] = field(default_factory=list)
    terminals: int = 0
    busy_terminals: int = 0
    memory_mib: int = 0
    limit_mib: int = 0


@dataclass(frozen=True)
class Certificate:
    """renews: whether the machine renews it by itself."""

    expires: str
    days: int
    renews: bool


@dataclass(frozen=True)
class Work:
    """Copies of the work. history: of the newest state. backup: the last whole one. restored: the last successful trial."""

    history: str = ""
    backup: str = ""
    restored: str = ""
    destination: str = ""


@dataclass(frozen=True)
class Part:
    """An image. built: its date. holes: known vulnerabilities of its version. fix: the command for another one."""

    image: str
    version: str
    built: str
    days: int
    holes: list[str] = field(default_factory=list)
    fix: str = ""


@dataclass(frozen=True)
class Reboots:
    """
    Reboots for updates. at: the hour, with its time zone. needed: since when one is known to be needed. waits: why it was not made
    last night. last: when the last one began. checked: when the site was checked after it. problem: what that check found.
    """

    at: str
    needed: str = ""
    waits: str = ""
    last: str = ""
    checked: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Concern:
    """Something that needs the owner. about: the part of the site. what: a sentence. fix: the command."""

    about: str
    what: str
    fix: str


@dataclass(frozen=True)
class Report:
    """
    moving: the state of a move that closes the site; empty: the site is open. reboot: packages that need a reboot; empty without a
    need. reboots: None if this program makes none. cloudflare_ranges: those that the release admits; none without Cloudflare.
    changes: what was changed by hand; None while a release runs.
    """

    version: int
    at: str
    site: str
    url: str
    release: Release
    moving: str = ""
    services: list[Service] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)
    memory: Optional[Memory] = None
    activity: Optional[Activity] = None
    certificate: Optional[Certificate] = None
    work: Work = Work()
    parts: list[Part] = field(default_factory=list)
    reboot: list[str] = field(default_factory=list)
    reboots: Optional[Reboots] = None
    cloudflare_ranges: list[str] = field(default_factory=list)
    changes: Optional[list[Change]] = None
    concerns: list[Concern] = field(default_factory=list)
