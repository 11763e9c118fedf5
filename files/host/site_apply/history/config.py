"""Settings of the history: what is kept, where, and for how long. The key `history` of the manifest has this form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional


@dataclass(frozen=True)
class Source:
    """
    A folder whose states are kept.

    path: the folder. at: the folder of its trees, relative to the folder of the history. without: paths that are left out, relative
    to `path`.
    """

    path: str
    at: str
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Keep:
    """
    How long trees are kept, in days.

    all: every tree. hourly, daily, monthly: one tree of each hour, day or month.
    """

    all: int
    hourly: int
    daily: int
    monthly: int


@dataclass(frozen=True)
class Watched:
    """
    The backup, whose state the front page shows.

    state: the folder of what its runs leave. notice: the file with the sentence for the front page.
    """

    state: str
    notice: str


@dataclass(frozen=True)
class History:
    """
    Settings of a site's history.

    folder: the folder of the history. every: minutes between two runs. max_percent: the largest share of the disk that it may use.
    mount_point: the folder on which Jupyter's container mounts the trees that notebooks can read. units: the version of the systemd
    units; empty if the host has no timer. service, command: without a timer, the service that makes the history, and the command in
    its container that makes one run. backup: the backup of the history.
    """

    folder: str
    every: int
    max_percent: int
    keep: Keep
    sources: list[Source]
    mount_point: str = ""
    units: str = ""
    service: str = ""
    command: list[str] = field(default_factory=list)
    backup: Optional[Watched] = None


def read(file: Path) -> History:
    """Reads the settings from the JSON file of the service."""
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    keep, sources = Keep(**value.pop("keep")), [Source(**each) for each in value.pop("sources")]
    backup = Watched(**value.pop("backup")) if "backup" in value else None
    return History(keep=keep, sources=sources, backup=backup, **value)
