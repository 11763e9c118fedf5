"""Installs a release's systemd units: the timer that renews the certificate."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from . import times
from .command import run
from .layout import Layout
from .log import say
from .machine import am_root
from .manifest import Manifest

_SYSTEM = Path("/etc/systemd/system")


def place(layout: Layout, manifest: Manifest) -> None:
    """Installs the release's units, and removes those of earlier releases."""
    wanted = [
        unit
        for service in manifest.services
        if service.units
        for kind in ("*.service", "*.timer")
        for unit in sorted((layout.files / service.name / service.files).glob(kind))
    ]
    if wanted and not (am_root() and Path("/run/systemd/system").is_dir()):
        say(
            "Nothing renews the certificate automatically, because this machine has no systemd. Run sh"
            f" {layout.program} renew every day (crontab -e)."
        )
        return
    for unit in wanted:
        _place(layout, unit)
    remove_all(layout, except_for={unit.name for unit in wanted})


def _place(layout: Layout, unit: Path) -> None:
    copy, placed = layout.units / unit.name, _SYSTEM / unit.name
    if all(each.is_file() and filecmp.cmp(unit, each, shallow=False) for each in (copy, placed)):
        return
    layout.units.mkdir(exist_ok=True)
    shutil.copyfile(unit, placed)
    placed.chmod(0o644)
    shutil.copyfile(unit, copy)
    _systemctl("daemon-reload")
    if unit.suffix == ".timer":
        started = _systemctl("enable", "--quiet", unit.name) and _systemctl("restart", unit.name)
        if not started:
            say(
                "Nothing renews the certificate automatically: its timer could not be started. See why: sudo systemctl status"
                f" {unit.name}"
            )


def remove_all(layout: Layout, except_for: frozenset[str] | set[str] = frozenset()) -> None:
    """Stops and removes the site's units."""
    for copy in sorted(layout.units.glob("*")):
        if copy.name in except_for:
            continue
        if copy.suffix == ".timer":
            _systemctl("disable", "--quiet", "--now", copy.name)
        (_SYSTEM / copy.name).unlink(missing_ok=True)
        copy.unlink()
        _systemctl("daemon-reload")


def _systemctl(*words: str) -> bool:
    return run(["systemctl", *words], within=times.QUESTION_WITHIN).ok
