"""Times as texts in UTC, such as 2026-11-28T07:15:00Z."""

from __future__ import annotations

import calendar
import re
import time
from pathlib import Path

_DAY = 24 * 3600


def text_of(moment: float) -> str:
    """moment: seconds since 1970; 0: unknown."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment > 0 else ""


def moment_of(text: str) -> float:
    """0 if the text is no time. Docker and Jupyter add fractions of a second."""
    found = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text)
    try:
        return calendar.timegm(time.strptime(found[0], "%Y-%m-%dT%H:%M:%S")) if found else 0
    except ValueError:
        return 0


def whole_seconds(text: str) -> str:
    """The time without fractions; empty for Docker's year 1, which means never."""
    return text_of(moment_of(text))


def days_since(text: str, now: float) -> int:
    """Whole days; 0 if the time is unknown."""
    moment = moment_of(text)
    return max(0, int((now - moment) / _DAY)) if moment > 0 else 0


def changed_at(path: Path) -> str:
    """When a file, or a link itself, was written; empty if it does not exist."""
    try:
        return text_of(path.lstat().st_mtime)
    except OSError:
        return ""
