"""The moments in which trees were made, and their names: `2026-11-28 07.15`, in UTC."""

from __future__ import annotations

import calendar
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"\d{4}-\d\d-\d\d \d\d\.\d\d(\.\d\d)?")


def moment_of(name: str) -> float:
    """Seconds since 1970; 0 where it is no name of a tree."""
    if not _NAME.fullmatch(name):
        return 0
    try:
        return calendar.timegm(time.strptime(name, "%Y-%m-%d %H.%M" if len(name) == 16 else "%Y-%m-%d %H.%M.%S"))
    except ValueError:
        return 0


def name_of(moment: float, series: Path) -> str:
    """A name that no tree of the series has."""
    at = time.gmtime(moment)
    name = time.strftime("%Y-%m-%d %H.%M", at)
    return time.strftime("%Y-%m-%d %H.%M.%S", at) if os.path.lexists(series / name) else name


def trees_in(series: Path) -> dict[float, Path]:
    """The trees of a series, by moment."""
    if not series.is_dir():
        return {}
    return {moment_of(each.name): each for each in series.iterdir() if moment_of(each.name)}


def all_series(around: Path) -> Iterator[Path]:
    """Every folder below that holds trees, also of sources that are no more."""
    if not around.is_dir():
        return
    inner = [each for each in sorted(around.iterdir()) if each.is_dir() and not each.is_symlink()]
    if any(moment_of(each.name) for each in inner):
        yield around
        return
    for each in inner:
        yield from all_series(each)
