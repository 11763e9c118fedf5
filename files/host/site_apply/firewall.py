"""Registers the site's networks with the machine's firewall; see files/host/provision.sh."""

from __future__ import annotations

from . import times
from .command import run
from .docker import Project
from .errors import Refusal
from .layout import Layout
from .machine import am_root
from .releases import manifest_of

_SET = ("inet", "jupyter_up", "bridges")


def guard(layout: Layout, project: Project) -> None:
    """
    Registers the bridges of the site's networks with the firewall that provision.sh set up, so that containers cannot reach
    services of the machine itself. Does nothing on a machine without this firewall. Throws Refusal.

    This must be done before a container of the release starts. It is possible then, because Compose already created the networks
    when the files were checked. The file bridges.nft is read at the next boot.
    """
    if not am_root() or not run(["nft", "list", "set", *_SET], within=times.QUESTION_WITHIN).ok:
        return
    rules = f"flush set {' '.join(_SET)}\n"
    bridges = project.networks('"br-{{.ID}}",')
    if bridges:
        rules += f"add element {' '.join(_SET)} {{ {' '.join(bridges)} }}\n"
    folder = layout.root / "etc"
    folder.mkdir(exist_ok=True)
    new = folder / "bridges.new"
    new.write_text(rules)
    result = run(["nft", "-f", str(new)], within=times.QUESTION_WITHIN, errors=True)
    if not result.ok:
        raise Refusal(
            "The firewall refused the names of the site's networks, so containers could reach services of this machine itself."
            " Check it (sudo nft list table inet jupyter_up), and run pulumi up again. It says:"
            f" {''.join(result.lines[:1])}"
        )
    new.replace(folder / "bridges.nft")


def guard_running_site(layout: Layout) -> None:
    """Does the same for the running site, if there is one."""
    running = manifest_of(layout.current)
    if running:
        guard(layout, Project(running.project))
