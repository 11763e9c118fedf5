"""The page /status and the line on the front page. nginx puts the page's frame around it; see files/services/nginx/frontPage.ts."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape

from .report import Reboots, Report


def public_json(report: Report) -> str:
    """The report for everybody who is signed in: without the addresses of those who work."""
    value = asdict(report)
    for kernel in (value["activity"] or {}).get("kernels", []):
        kernel["person"] = ""
    return json.dumps(value, indent=2) + "\n"


def page(report: Report) -> str:
    concerns = "".join(
        f'<li class="alert"><p>{escape(each.what)}</p><code>{escape(each.fix)}</code></li>\n' for each in report.concerns
    )
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>\n" for name, text in _rows(report))
    heading = "Needs its owner" if report.concerns else "All is well"
    list_ = f'<ul class="concerns">\n{concerns}</ul>\n' if concerns else ""
    return f"<h1>{heading}</h1>\n{list_}<table>\n{rows}</table>\n<p>As of {_time(report.at)}.</p>\n"


def line(report: Report) -> str:
    """The line on the front page; empty if nothing needs the owner. The backup has its own line there."""
    count = len([each for each in report.concerns if each.about != "backup"])
    return {0: "", 1: "One thing needs the owner of this site."}.get(count, f"{count} things need the owner of this site.")


def _rows(report: Report) -> list[tuple[str, str]]:
    rows = [("Release", f"{report.release.id}, since {_time(report.release.since)}")]
    rows += [(each.name, _service(each.state, each.health, each.restarts)) for each in report.services]
    rows += [(f"Disk {each.folder}", f"{each.percent} % used, {each.free_mib} MiB free") for each in report.disks]
    if report.memory:
        rows.append(("Memory", f"{report.memory.available_mib} of {report.memory.total_mib} MiB available"))
    if report.activity:
        kernels = report.activity.kernels
        busy = sum(each.busy for each in kernels)
        rows.append(("Kernels", f"{len(kernels)}, {busy} busy; {report.activity.terminals} terminals"))
        rows.append(("Jupyter's memory", f"{report.activity.memory_mib} of {report.activity.limit_mib} MiB"))
    if report.certificate:
        rows.append(("Certificate", f"{report.certificate.days} days left"))
    for name, moment in (("History", report.work.history), ("Backup", report.work.backup), ("Restore tried", report.work.restored)):
        if moment:
            rows.append((name, _time(moment)))
    if report.reboots:
        rows.append(("Reboots for updates", _reboots(report.reboots, report.reboot)))
    return rows + [(each.image.rpartition("/")[2], f"{each.version}, {each.days} days old") for each in report.parts]


def _reboots(reboots: Reboots, packages: list[str]) -> str:
    """`at 04:00 UTC; needed for linux-image-amd64: Somebody works: 1 kernel busy.`"""
    needed = f"; needed for {', '.join(packages[:5])}. {reboots.waits}".rstrip() if packages else ""
    found = f"the check at {_time(reboots.checked)} found: {reboots.problem}" if reboots.problem else "the site answered afterwards"
    last = f"; last {_time(reboots.last)}, {found if reboots.checked else 'not checked yet'}" if reboots.last else ""
    return f"at {reboots.at}{last}{needed}"


def _service(state: str, health: str, restarts: int) -> str:
    again = f", {restarts} restarts" if restarts else ""
    return (f"{state}, {health}" if health else state) + again


def _time(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC" if text else "an unknown time"
