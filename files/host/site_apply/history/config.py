"""What is kept, where, and for how long. The manifest's part `history` has this form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """
    A folder whose states are kept.

    at: where its trees are, below the folder of the history. without: paths below the folder that are left out.
    """

    path: str
    at: str
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Keep:
    """For how many days each tree is kept, and after that one an hour, one a day and one a month."""

    all: int
    hourly: int
    daily: int
    monthly: int


@dataclass(frozen=True)
class History:
    """
    every: minutes between two runs. max_percent: the largest share of the disk. mount_point: the folder on which Jupyter has the
    trees that it can read. units: the folder of the host's timer. service: the service that makes the history where no timer does,
    and the command in its container for one run.
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


def read(file: Path) -> History:
    """Reads the file of the service."""
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    keep, sources = Keep(**value.pop("keep")), [Source(**each) for each in value.pop("sources")]
    return History(keep=keep, sources=sources, **value)
