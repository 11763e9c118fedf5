"""
The service that makes the history on a host without a timer.

    python3 -m history.service FILE [SECONDS]

FILE has the settings, as JSON. With SECONDS, it makes a single run for a release, which waits that long.
"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import Optional

from .backup_state import write_notice
from .config import read
from .turn import run_before_release, take_turn

# Seconds until the next attempt after a run was postponed.
_PUT_OFF = 30


def main(file: str, within: str = "") -> None:
    """Makes a run every `history.every` minutes, or a single one if `within` is given (seconds)."""
    history = read(Path(file))
    if within:
        _say(run_before_release(history, float(within)))
        write_notice(history)
        return
    while True:
        lines: Optional[list[str]] = []
        try:
            lines = take_turn(history)
            _say(lines or [])
            write_notice(history)
        except Exception:
            # The next run may succeed. The container's log shows the error.
            traceback.print_exc()
        time.sleep(_PUT_OFF if lines is None else history.every * 60)


def _say(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
