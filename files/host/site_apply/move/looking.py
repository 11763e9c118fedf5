"""Looks at the work of a site, before anything is moved."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

from ..history.walk import open_top
from .known import known_in
from .listing import items_of
from .sending import Sources

_NOTEBOOKS, _DATABASE = "jupyter/notebooks", "jupyter/database"
# What the program itself puts beside the notebooks.
_OWN = ("welcome.ipynb", ".ipynb_checkpoints/welcome-checkpoint.ipynb")
_DUMP = ".sql.gz"
# How many paths are named.
_SHOWN = 5


def look(sources: Path, wanted: Sources, state: Path) -> dict[str, Any]:
    """
    filled: the sources that have anything in them. databases: those that have been dumped. work: what people have made here, by
    some examples; a new site has none.
    """
    filled = [each for each in sorted(wanted) if _is_filled(sources / each, wanted[each])]
    dumps = [file for each in sorted(wanted) if _is_of_dumps(each) for file in sorted((sources / each).glob(f"*{_DUMP}"))]
    work = _notebooks(sources / _NOTEBOOKS, frozenset(wanted.get(_NOTEBOOKS, [])), state)
    own = sources / _DATABASE / f"notebooks{_DUMP}"
    if own in dumps and _has_tables(own):
        work.append("tables in the database notebooks")
    return {"filled": filled, "databases": [each.name[: -len(_DUMP)] for each in dumps], "work": work}


def _is_of_dumps(source: str) -> bool:
    return source in (_DATABASE, "site/databases")


def _is_filled(folder: Path, without: list[str]) -> bool:
    return any(name not in without for name in os.listdir(folder))


def _notebooks(folder: Path, without: frozenset[str], state: Path) -> list[str]:
    found: list[str] = []
    top = open_top(str(folder))
    try:
        with known_in(state, "looked") as known:
            for each in items_of(top, without, known):
                if each.item.kind != "d" and each.item.path not in _OWN:
                    found.append(f"notebooks/{each.item.path}")
                    if len(found) == _SHOWN:
                        break
    finally:
        os.close(top)
    return found


def _has_tables(dump: Path) -> bool:
    with gzip.open(dump, "rb") as lines:
        return any(line.startswith(b"CREATE TABLE ") for line in lines)
