"""
`site-apply move-files`: the part of a move that reads and writes files of all users. It runs in a container that sees only the
folders of the work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .. import lock, log
from ..errors import Refusal
from .looking import look
from .receiving import receive
from .sending import Sources, send

# The mounts of the container.
SOURCES, STATE = Path("/sources"), Path("/state")
# Seconds to wait for the end of a run whose caller was killed.
_TURN = 120


def run(step: str, sources: str) -> int:
    """step: look, send, compare or receive. sources: JSON, the sources and what is left out of each."""
    wanted: Sources = json.loads(sources)
    with _turn(STATE), open(0, "rb", closefd=False) as received, open(log.data_output(), "wb") as out:
        try:
            return _run(step, wanted, (received, out))
        except BrokenPipeError as error:
            raise Refusal("The other side of the move has ended. Run the same command again: it continues.") from error


def _run(step: str, wanted: Sources, streams: tuple[IO[bytes], IO[bytes]]) -> int:
    if step == "look":
        streams[1].write(json.dumps(look(SOURCES, wanted, STATE)).encode("ascii") + b"\n")
    elif step == "receive":
        receive(SOURCES, wanted, STATE, streams)
    elif not send(SOURCES, wanted, STATE, streams, is_compare=step == "compare"):
        return 1
    return 0


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "files.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        ends = time.monotonic() + _TURN
        while not lock.take(descriptor):
            if time.monotonic() > ends:
                raise Refusal("Another run of this move still copies files. Wait until it ends, and run the command again.")
            time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)
