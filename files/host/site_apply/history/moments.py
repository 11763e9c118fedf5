"""Names of trees. A tree is named after the moment at which it was made, in UTC: `2026-11-28 07.15`."""

from __future__ import annotations

import calendar
import itertools
import os
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_NAME = re.compile(r"\d{4}-\d\d-\d\d \d\d\.\d\d(\.\d\d)?")


# A run reads each name several times, and strptime is slow.
@lru_cache(maxsize=4096)
def moment_of(name: str) -> float:
    """The moment in a tree's name, in seconds since 1970. Returns 0 if the name is not that of a tree."""
    if not _NAME.fullmatch(name):
        return 0
    try:
        return calendar.timegm(time.strptime(name, "%Y-%m-%d %H.%M" if len(name) == 16 else "%Y-%m-%d %H.%M.%S"))
    except ValueError:
        return 0


def name_of(moment: float, series: Path) -> str:
    """
    A name for a new tree, with seconds if another tree of the series has the shorter name.

    No other tree has the moment in this name: `07.15.01` is made after `07.15`, which means `07.15.00`.
    """
    name = time.strftime("%Y-%m-%d %H.%M", time.gmtime(moment))
    if not os.path.lexists(series / name):
        return name
    taken = trees_in(series)
    free = next(each for each in itertools.count(int(moment)) if each not in taken)
    return time.strftime("%Y-%m-%d %H.%M.%S", time.gmtime(free))


def trees_in(series: Path) -> dict[float, Path]:
    """The trees in a folder, by moment. The folder with all trees of one source is called a series."""
    if not series.is_dir():
        return {}
    return {moment_of(each.name): each for each in series.iterdir() if moment_of(each.name)}


def all_series(around: Path) -> Iterator[Path]:
    """Every folder below `around` that contains trees, including those of former sources."""
    if not around.is_dir():
        return
    inner = [each for each in sorted(around.iterdir()) if each.is_dir() and not each.is_symlink()]
    if any(moment_of(each.name) for each in inner):
        yield around
        return
    for each in inner:
        yield from all_series(each)
