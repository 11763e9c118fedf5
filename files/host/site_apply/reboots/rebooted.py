"""`site-apply rebooted`: checks the site after a reboot of this program. A timer runs it at each boot."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

from .. import commands, lock, machine, times
from ..docker import DockerError
from ..errors import Refusal
from ..layout import Layout
from ..log import say
from ..status.gather import gather
from ..status.moments import text_of
from ..status.status import publish
from .reboot import site_that_reboots
from .record import boot_id, read, write


def rebooted(layout: Layout, check: Callable[[Layout], int] = commands.check) -> int:
    """Returns 1 if the site does not answer. Checks again if the last check found a problem."""
    record = read(layout)
    is_due = record.rebooted and not record.checked and record.boot != boot_id()
    if not is_due and not record.problem:
        return 0
    manifest = site_that_reboots(layout)
    problem = _problem(layout, check)
    write(layout, replace(record, checked=text_of(time.time()), problem=problem))
    say(f"The site does not answer after the reboot. {problem}" if problem else "The site answers after the reboot.")
    try:
        publish(layout, manifest, gather(layout, manifest))
    except DockerError as error:
        say(str(error))
    return 1 if problem else 0


def _problem(layout: Layout, check: Callable[[Layout], int]) -> str:
    """What is wrong with the site; empty: nothing. A site on a slow disk needs some minutes after a boot."""
    began = time.monotonic()
    while True:
        try:
            machine.check()
            problem = "" if check(layout) == 0 else "It does not answer at its front door."
        except lock.Busy:
            problem = "A release was running."  # Its message names who started it, and everybody reads the page /status.
        except (Refusal, DockerError) as error:
            problem = str(error)
        if not problem or time.monotonic() - began >= times.BACK_WITHIN:
            return problem
        time.sleep(times.BACK_ASKED_EVERY)
