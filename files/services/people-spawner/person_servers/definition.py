"""The definition of every person's server. It is a file of the release; no request changes any of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional


@dataclass(frozen=True)
class Definition:
    """
    project: the Compose project of the site. networks: full names of the networks; each is for one server at a time.
    container: what Docker's engine creates a container from. home: the folder in the container.
    homes: the folder of all homes on the host. owner: user and group of a home.
    first: the person who has the home of Jupyter for all, and that home on the host; None if the allow list names nobody.
    prepare: commands that run in the container after it has started. least_mib: the memory that a server needs to start.
    database: the container of the database, and the command in it that makes a person's database; None without a database.
    """

    project: str
    networks: list[str]
    container: dict[str, Any]
    home: str
    homes: str
    owner: tuple[int, int]
    first: Optional[tuple[str, str]]
    prepare: list[list[str]]
    least_mib: int
    database: Optional[tuple[str, list[str]]]

    def container_of(self, name: str) -> str:
        """The name of the container of a server."""
        return f"{self.project}-person-{name}"


def read(file: Path) -> Definition:
    value = json.loads(file.read_text("utf-8"))
    first, database = value["first"], value["database"]
    return Definition(
        **{**value, "owner": tuple(value["owner"]), "first": first and tuple(first), "database": database and tuple(database)}
    )
