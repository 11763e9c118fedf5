"""The service that makes the history where no timer of the host does: python3 -m history.service FILE [SECONDS]"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import Optional

from .config import read
from .turn import run_before_release, take_turn

# Seconds until a run that was put off.
_PUT_OFF = 30


def main(file: str, within: str = "") -> None:
    """Runs every so many minutes; or once, for a release that waits so many seconds."""
    history = read(Path(file))
    if within:
        _say(run_before_release(history, float(within)))
        return
    while True:
        lines: Optional[list[str]] = []
        try:
            lines = take_turn(history)
            _say(lines or [])
        except Exception:
            # The next run may do better, and Docker's log says what it was.
            traceback.print_exc()
        time.sleep(_PUT_OFF if lines is None else history.every * 60)


def _say(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
