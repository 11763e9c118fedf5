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
_CHAIN = "inet jupyter_up between_networks"


def guard(layout: Layout, project: Project) -> None:
    """
    Registers the bridges of the site's networks with the firewall that provision.sh set up, so that containers cannot reach
    services of the machine itself, or a network on which they are not. Does nothing on a machine without this firewall. Throws
    Refusal.

    This must be done before a container of the release starts. It is possible then, because Compose already created the networks
    when the files were checked. The file bridges.nft is read at the next boot.
    """
    if not am_root() or not run(["nft", "list", "set", *_SET], within=times.QUESTION_WITHIN).ok:
        return
    folder = layout.root / "etc"
    folder.mkdir(exist_ok=True)
    new = folder / "bridges.new"
    new.write_text(_rules_for(project.networks('"br-{{.ID}}"')))
    result = run(["nft", "-f", str(new)], within=times.QUESTION_WITHIN, errors=True)
    if not result.ok:
        raise Refusal(
            "The firewall refused the names of the site's networks, so containers could reach services of this machine itself."
            " Check it (sudo nft list table inet jupyter_up), and run pulumi up again. It says:"
            f" {''.join(result.lines[:1])}"
        )
    new.replace(folder / "bridges.nft")


def _rules_for(bridges: list[str]) -> str:
    """bridges: their names in quotes."""
    # An older table does not have the chain.
    rules = [f"flush set {' '.join(_SET)}", f"add chain {_CHAIN}", f"flush chain {_CHAIN}"]
    if bridges:
        rules.append(f"add element {' '.join(_SET)} {{ {', '.join(bridges)} }}")
    # Both bridges are the site's when a packet comes to this chain.
    rules += [f"add rule {_CHAIN} iifname {bridge} oifname != {bridge} reject" for bridge in bridges]
    return "".join(f"{rule}\n" for rule in rules)


def guard_running_site(layout: Layout) -> None:
    """Does the same for the running site, if there is one."""
    running = manifest_of(layout.current)
    if running:
        guard(layout, Project(running.project))
