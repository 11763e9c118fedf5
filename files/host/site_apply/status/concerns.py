"""What needs the owner of the site, and the command that fixes it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from ..verify.change import AGAIN, on_machine
from .moments import moment_of
from .report import Certificate, Concern, Part, Report, Service

# Days before a certificate expires. One that the machine renews is renewed 30 days before, so it should never be that old.
_RENEWED_LATE, _REPLACE = 14, 30
# Seconds. The history saves a state every 15 minutes by default, but a machine may have been off.
_HISTORY_IS_OLD = 24 * 3600
_DAY = 24 * 3600
# Seconds from the beginning of a reboot, and since when one is needed.
_CHECKED_LATE, _WAITS_LONG = 2 * 3600, 14 * _DAY


def concerns_of(report: Report, program: str, backup: str, move: str, now: float) -> list[Concern]:
    """
    program: the path of site-apply. backup: a sentence about what is wrong with the backup. move: the command that continues the
    move that closes the site.
    """
    run = f"sudo sh {program}"
    # A move stops services. What was stopped by hand is named among the changes.
    named = {change.name for change in report.changes or [] if change.kind == "container"}

    def is_named(service: Service) -> bool:
        return bool(report.moving) or service.name in named

    return [
        *_of_move(report, move),
        *(concern for service in report.services if not is_named(service) for concern in _of_service(service)),
        *_of_disks(report),
        *_of_certificate(report.certificate, run),
        *_of_history(report, run, now),
        *([Concern("backup", backup, on_machine(f"{run} backup"))] if backup else []),
        *(concern for part in report.parts for concern in _of_part(part)),
        *_of_reboot(report, run, now),
        *(Concern(change.kind, change.what, change.fix) for change in report.changes or []),
    ]


def _of_move(report: Report, command: str) -> Iterator[Concern]:
    if report.moving:
        yield Concern("move", f"The site is closed because of a move ({report.moving}).", command)


def _of_service(service: Service) -> Iterator[Concern]:
    if service.state != "running":
        yield Concern("service", f"{service.name} does not run ({service.state}, {service.restarts} restarts).", AGAIN)
    elif service.health == "unhealthy":
        yield Concern("service", f"{service.name} runs but does not answer.", AGAIN)


def _of_disks(report: Report) -> Iterator[Concern]:
    for disk in report.disks:
        if disk.is_nearly_full:
            full = f"{disk.percent} % full ({disk.free_mib} MiB free, {disk.files_percent} % of its files used)"
            what = f"The disk at {disk.folder} is {full}."
            yield Concern("disk", what, on_machine("sudo docker image prune --all") + f"; or delete files: {report.url}/disk")


def _of_certificate(certificate: Optional[Certificate], run: str) -> Iterator[Concern]:
    if certificate is None or certificate.days >= (_RENEWED_LATE if certificate.renews else _REPLACE):
        return
    what = "has expired" if certificate.days < 0 else f"expires in {certificate.days} days"
    yield Concern("certificate", f"The certificate {what}.", on_machine(f"{run} renew") if certificate.renews else "pulumi up")


def _of_history(report: Report, run: str, now: float) -> Iterator[Concern]:
    saved = moment_of(report.work.history)
    if saved and now - saved > _HISTORY_IS_OLD and not report.moving:
        yield Concern("history", f"The last state of the history is of {report.work.history}.", on_machine(f"{run} history"))


def _of_part(part: Part) -> Iterator[Concern]:
    if part.holes:
        yield Concern("image", f"{part.image}:{part.version} has known holes: {'; '.join(part.holes)}.", part.fix)


def _of_reboot(report: Report, run: str, now: float) -> Iterator[Concern]:
    reboots = report.reboots
    if reboots and reboots.problem:
        what = f"The check after the reboot of {reboots.last} found a problem: {reboots.problem}"
        yield Concern("reboot", what, on_machine(f"{run} rebooted"))
    elif reboots and reboots.last and not reboots.checked and now - moment_of(reboots.last) > _CHECKED_LATE:
        what = f"The site was not checked after the reboot of {reboots.last}."
        yield Concern("reboot", what, on_machine(f"{run} rebooted"))
    since = moment_of(reboots.needed) if reboots else 0
    # The machine reboots by itself, so only a reboot that waits for long needs somebody.
    if report.reboot and (reboots is None or (since and now - since > _WAITS_LONG)):
        waits = f" It has waited for {int((now - since) // _DAY)} days. {reboots.waits}" if reboots else ""
        what = f"A reboot is needed to use updates of {', '.join(report.reboot[:5])}.{waits}"
        yield Concern("reboot", what, on_machine("sudo reboot") + ", when nobody works: kernels end")
