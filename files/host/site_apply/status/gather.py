"""Collects the status of the running site. It changes nothing, and asks Docker a few questions only, because a timer runs it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, Optional

from .. import docker, keep_backup, space, times, units
from ..docker import Container, Project
from ..history.store import Store
from ..layout import Layout
from ..log import printable
from ..manifest import Manifest
from ..move.record import read
from ..reboots import record as reboot_record
from ..reboots.need import packages
from ..typed_json import NotUnderstood, parse
from ..verify.expected import expected_of
from ..verify.verify import is_busy, look
from .concerns import concerns_of
from .moments import changed_at, text_of, whole_seconds
from .parts import parts_of
from .report import VERSION, Activity, Disk, Kernel, Memory, Reboots, Release, Report, Service, Work
from .validity import certificate_of

_MIB = 1024 * 1024


def gather(layout: Layout, manifest: Manifest) -> Report:
    now = time.time()
    project = Project(manifest.project)
    found, observed = look(layout, manifest)
    containers = [each for each in observed.containers if not each.is_one_off]
    wanted = expected_of(layout, manifest, project).containers
    facts: dict[str, Any] = {
        "version": VERSION,
        "at": text_of(now),
        "site": manifest.project,
        "url": manifest.url,
        "release": Release(manifest.release, changed_at(layout.current)),
        "moving": read(manifest).state if read(manifest).is_closed else "",
        "services": [service_of(name, containers) for name in sorted(wanted)],
        "disks": [_disk(each) for each in space.disks_of(layout, manifest)],
        "memory": memory_in(_text(Path("/proc/meminfo"))),
        "activity": activity_of(manifest, containers),
        "certificate": certificate_of(layout, manifest, now),
        "work": _work(manifest),
        "parts": parts_of(manifest.images, observed.images, now),
        # On a laptop, a reboot is not the site's business.
        "reboot": packages() if units.has_systemd() and units.wanted(layout, manifest) else [],
        "reboots": _reboots(layout, manifest),
        "cloudflare_ranges": ranges_in(_text(layout.files / "nginx/current/edge/cloudflare.conf")),
        "changes": None if is_busy(layout) else found,
    }
    said = keep_backup.concern_about(manifest)
    return Report(**facts, concerns=concerns_of(Report(**facts), str(layout.program), said, read(manifest).command, now))


def ranges_in(text: str) -> list[str]:
    """The address ranges that nginx takes for Cloudflare's, in the text of its configuration."""
    return re.findall(r"^\s*set_real_ip_from (\S+);", text, re.MULTILINE)


def service_of(name: str, containers: list[Container]) -> Service:
    container = next((each for each in containers if each.service == name), None)
    if container is None:
        return Service(name, "missing")
    return Service(name, container.status, container.health, container.restarts, whole_seconds(container.started))


def _disk(disk: space.Disk) -> Disk:
    is_full = disk.is_nearly_full or disk.has_too_many_files
    return Disk(str(disk.folder), disk.percent, disk.free_mib, disk.percent_of_files, is_full)


def memory_in(text: str) -> Optional[Memory]:
    """The machine's memory in the text of /proc/meminfo; None on a machine without it."""
    found = {key: int(size) // 1024 for key, size in re.findall(r"^(MemTotal|MemAvailable): +(\d+) kB$", text, re.MULTILINE)}
    return Memory(found["MemTotal"], found["MemAvailable"]) if len(found) == 2 else None


def activity_of(manifest: Manifest, containers: list[Container]) -> Optional[Activity]:
    """What Jupyter tells about those who work; None if it does not answer."""
    for service in [each for each in manifest.services if each.activity]:
        container = next((each.id for each in containers if each.service == service.name and each.status == "running"), "")
        told = docker.ask("exec", container, *service.activity, within=times.ANSWER_WITHIN) if container else None
        if told and told.ok:
            return activity_in(told.text)
    return None


def activity_in(text: str) -> Optional[Activity]:
    """What the program in Jupyter's container printed; None if it cannot be understood."""
    try:
        value = json.loads(text)
        kernels = [parse(Kernel, each, "kernels") for each in value["kernels"]]
        terminals, memory, limit = (int(value[key]) for key in ("terminals", "memory", "limit"))
        # An earlier release does not tell it.
        busy_terminals = int(value.get("busy_terminals", terminals))
    except (ValueError, TypeError, KeyError, NotUnderstood):
        return None
    clean = [Kernel(printable(each.person)[:200], each.busy, whole_seconds(each.since)) for each in kernels[:1000]]
    return Activity(clean, terminals, busy_terminals, memory // _MIB, limit // _MIB)


def _work(manifest: Manifest) -> Work:
    history, backup = manifest.history, manifest.backup
    saved = text_of(Store(history.folder).state.ended) if history else ""
    if backup is None:
        return Work(saved)
    state = Path(backup.state)
    return Work(saved, changed_at(state / "good"), changed_at(state / "restored"), backup.destination)


def _reboots(layout: Layout, manifest: Manifest) -> Optional[Reboots]:
    if manifest.reboots is None:
        return None
    at = f"{manifest.reboots.at} {manifest.reboots.timezone}"
    record = reboot_record.read(layout)
    return Reboots(at, record.needed, record.waits, record.rebooted, record.checked, record.problem)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
