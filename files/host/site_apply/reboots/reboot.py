"""`site-apply reboot`: reboots the machine if updates need it and nothing is in the way. A timer runs it at the quiet hour."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import lock, machine, times, units
from ..command import run
from ..docker import Project
from ..errors import Refusal
from ..layout import Layout
from ..log import say
from ..manifest import Manifest
from ..releases import manifest_of
from ..status.moments import text_of
from .busy import in_the_way
from .need import packages
from .record import Record, boot_id, read, write

OFF = "This machine does not reboot by itself. Set an hour: pulumi config set reboots 04:00"


def site_that_reboots(layout: Layout) -> Manifest:
    """The running release. Throws Refusal if its machine does not reboot."""
    manifest = manifest_of(layout.current)
    if manifest is None or manifest.reboots is None:
        raise Refusal(OFF)
    if not units.has_systemd():
        raise Refusal("This machine has no systemd, or this user is not root, so this program cannot reboot it.")
    return manifest


def reboot(layout: Layout) -> int:
    machine.check()
    manifest = site_that_reboots(layout)
    needed, record, now = packages(), read(layout), time.time()
    if not needed:
        if record.needed:
            write(layout, replace(record, needed="", waits=""))
        say("No update needs a reboot.")
        return 0
    record = replace(record, needed=record.needed or text_of(now))
    why = _reboot_or_why_not(layout, manifest, record, needed)
    if why:
        write(layout, replace(record, waits=why))
        say(f"A reboot is needed to use updates of {', '.join(needed[:5])}, and waits for the next night. {why}")
    return 0


def _reboot_or_why_not(layout: Layout, manifest: Manifest, record: Record, needed: list[str]) -> str:
    """Reboots, or returns what is in the way. Throws Refusal if systemd does not reboot."""
    try:
        # No release, restore or step of a move begins while this run looks around.
        with lock.held(layout):
            why = in_the_way(layout, manifest, Project(manifest.project), time.time())
            if not why:
                return _go(layout, record, needed)
    except lock.Busy:
        why = f"Another command of this program has run for {times.TURN_WITHIN // 60} minutes."
    return why


def _go(layout: Layout, record: Record, needed: list[str]) -> str:
    begun = Record(needed=record.needed, rebooted=text_of(time.time()), boot=boot_id())
    write(layout, begun)
    say(f"The machine reboots to use updates of {', '.join(needed[:5])}. Nobody works.")
    result = run(["systemctl", "reboot"], within=times.QUESTION_WITHIN, errors=True)
    if result.ok:
        return ""
    write(layout, record)
    return f"systemd did not reboot the machine: {result.last_line or f'exit code {result.code}'}."
