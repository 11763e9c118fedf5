"""
Tells whether the backup needs attention, from what its runs have left. The host program words this for the terminal, and this
module for the front page.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .config import History

# Days. Longer than a weekend in which the machine was off, and than the week between two drills.
_OLD, _OLD_DRILL = 3, 8
_DAY = 24 * 3600
# The age of a file that is not there, in days.
_NEVER = 10_000
# The source with the dumps of all databases except that of the notebooks. Results of drills are beside them.
_DATABASES = "site/databases"


@dataclass(frozen=True)
class Concern:
    """
    What is wrong with the backup.

    kind: `failed`: the last run was not whole. `drill failed`: the last trial of a restore failed. `none`: none was ever made.
    `old`: the last good one is old. `old drill`: no restore was tried for long. days: the age, in whole days. reason: why it
    failed.
    """

    kind: str
    days: int = 0
    reason: str = ""


def concern_of(history: History) -> Optional[Concern]:
    """What is wrong with the backup; None if it is good, or if there is none."""
    if history.backup is None:
        return None
    state = Path(history.backup.state)
    drills = [Path(each.path) / ".new" for each in history.sources if each.at == _DATABASES]
    issue, begun, good = state / "issue", state / "begun", state / "good"
    failed = next((text for text in (_text(each / "drill.failed") for each in drills) if text), "")
    # The first drill is made soon after the backup was switched on.
    tried = min(_days_since(begun), max(map(_days_since, [state / "restored", *(each / "drill.good" for each in drills)])))
    if issue.is_file():
        return Concern("failed", _days_since(good), _text(issue))
    if failed:
        return Concern("drill failed", reason=failed)
    if not good.is_file():
        is_late = begun.is_file() and _days_since(begun) >= _OLD
        return Concern("none", _days_since(begun)) if is_late else None
    if _days_since(good) >= _OLD:
        return Concern("old", _days_since(good))
    return Concern("old drill", tried) if tried >= _OLD_DRILL else None


def write_notice(history: History) -> None:
    """
    Writes the sentence for the front page; nothing if the backup is good. Everybody who is signed in reads it, so it has no reason
    and no path.
    """
    if history.backup is None:
        return
    file = Path(history.backup.notice)
    text = _sentence(concern_of(history))
    if file.is_file() and _text(file) == text:
        return
    try:
        new = file.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.chmod(0o644)
        around = file.parent.stat()
        if os.geteuid() == 0:
            os.chown(new, around.st_uid, around.st_gid)
        new.replace(file)
    except OSError:
        # The disk is full, which must fail neither a release nor a backup. The front page says that, too.
        pass


def _sentence(concern: Optional[Concern]) -> str:
    if concern is None:
        return ""
    age, has_one = _words(concern.days), concern.days < _NEVER
    trial = "trial of a restore from the backup"
    return {
        "failed": f"The last backup failed. {f'The last good one is {age} old' if has_one else 'There is no good one yet'}.",
        "drill failed": f"The last {trial} failed.",
        "none": f"No backup was made since it was switched on {age} ago.",
        "old": f"The last backup is {age} old.",
        "old drill": f"There was no good {trial} for {age}.",
    }[concern.kind]


def _words(days: int) -> str:
    return "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"


def _text(file: Path) -> str:
    """The first line of a file; empty if there is none."""
    try:
        return file.read_text("utf-8", "replace").strip().partition("\n")[0]
    except FileNotFoundError:
        return ""


def _days_since(file: Path) -> int:
    try:
        return max(0, int((time.time() - file.stat().st_mtime) / _DAY))
    except FileNotFoundError:
        return _NEVER
