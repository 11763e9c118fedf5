"""Installs a release's systemd units: timers that renew the certificate, make the history and backups, and reboot."""

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

SYSTEM = Path("/etc/systemd/system")

# By the last word of a timer's name: what it does, and the command that does the same, with its interval.
_WITHOUT = {
    "certificate": ("renews the certificate", "renew every day"),
    "backup": ("makes backups of your work", "backup every hour"),
    "status": ("renews the page /status", "status every 15 minutes"),
    "reboot": ("reboots the machine for updates", "reboot every night"),
    "rebooted": ("checks the site after a reboot", "rebooted after each boot"),
    "history": ("keeps earlier states of your work", "history every 15 minutes"),
}


def place(layout: Layout, manifest: Manifest) -> None:
    """Installs the release's units, and removes units of earlier releases. Without systemd, shows what the user must do instead."""
    units = wanted(layout, manifest)
    if units and not has_systemd():
        for unit in units:
            if unit.suffix == ".timer":
                what, command = _without(unit)
                say(
                    f"Nothing {what} automatically, because this machine has no systemd. Run sh {layout.program} {command}"
                    " (crontab -e)."
                )
        return
    for unit in units:
        _place(layout, unit)
    remove_all(layout, except_for={unit.name for unit in units})


def wanted(layout: Layout, manifest: Manifest) -> list[Path]:
    """The units in the files of a release."""
    folders = [layout.files / service.name / service.files for service in manifest.services if service.units]
    if manifest.history and manifest.history.units:
        folders.append(layout.files / "site-history" / manifest.history.units)
    if manifest.reboots:
        folders.append(layout.files / "site-reboots" / manifest.reboots.units)
    return [unit for folder in folders for kind in ("*.service", "*.timer") for unit in sorted(folder.glob(kind))]


def has_systemd() -> bool:
    """Whether this program can use the machine's systemd."""
    return am_root() and Path("/run/systemd/system").is_dir()


def _without(timer: Path) -> tuple[str, str]:
    """What a timer does, and the command that does the same, with its interval."""
    return _WITHOUT[timer.stem.rpartition("-")[2]]


def _place(layout: Layout, unit: Path) -> None:
    copy, placed = layout.units / unit.name, SYSTEM / unit.name
    if all(each.is_file() and filecmp.cmp(unit, each, shallow=False) for each in (copy, placed)) and _is_on(unit):
        return
    layout.units.mkdir(exist_ok=True)
    shutil.copyfile(unit, placed)
    placed.chmod(0o644)
    shutil.copyfile(unit, copy)
    _systemctl("daemon-reload")
    if unit.suffix == ".timer":
        started = _systemctl("enable", "--quiet", unit.name) and _systemctl("restart", unit.name)
        if not started:
            what, _ = _without(unit)
            say(f"Nothing {what} automatically: its timer could not be started. See why: sudo systemctl status {unit.name}")


def _is_on(unit: Path) -> bool:
    """Whether a timer is enabled and was started. Somebody may have stopped it by hand."""
    if unit.suffix != ".timer":
        return True
    return _systemctl("is-enabled", "--quiet", unit.name) and _systemctl("is-active", "--quiet", unit.name)


def remove_all(layout: Layout, except_for: frozenset[str] | set[str] = frozenset()) -> None:
    """Stops and removes the site's units. except_for: names of the units that stay."""
    for copy in sorted(layout.units.glob("*")):
        if copy.name in except_for:
            continue
        if copy.suffix == ".timer":
            _systemctl("disable", "--quiet", "--now", copy.name)
        (SYSTEM / copy.name).unlink(missing_ok=True)
        copy.unlink()
        _systemctl("daemon-reload")


def _systemctl(*words: str) -> bool:
    return run(["systemctl", *words], within=times.QUESTION_WITHIN).ok
