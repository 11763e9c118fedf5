"""What a reboot leaves to the check after it, and one night's run to the next. Times are as in status/report.py."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..layout import Layout
from ..typed_json import NotUnderstood, parse

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Record:
    """
    needed: since when a reboot is known to be needed; empty: none is. waits: why the last run did not reboot. rebooted: when the
    last one began. boot: the ID of the boot before it. checked: when the site was checked after it; empty: not yet. problem: what
    the check found; empty: nothing.
    """

    needed: str = ""
    waits: str = ""
    rebooted: str = ""
    boot: str = ""
    checked: str = ""
    problem: str = ""


def read(layout: Layout) -> Record:
    """The record; an empty one if there is none, or if it cannot be understood."""
    try:
        value: Record = parse(Record, json.loads(layout.reboots.read_text("utf-8")), layout.reboots.name, strict=False)
    except (OSError, ValueError, NotUnderstood):
        return Record()
    return value


def write(layout: Layout, record: Record) -> None:
    new = layout.reboots.with_suffix(".new")
    new.write_text(json.dumps(asdict(record), indent=2) + "\n", "utf-8")
    new.replace(layout.reboots)


def forget_problem(layout: Layout) -> None:
    """After a release, which has checked the site."""
    record = read(layout)
    if record.problem:
        write(layout, replace(record, problem=""))


def boot_id() -> str:
    """Another text after each boot."""
    return _BOOT.read_text("utf-8").strip()
