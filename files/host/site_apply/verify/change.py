"""A difference between the machine and the running release, and the commands that remove it."""

from __future__ import annotations

from dataclasses import dataclass

# `pulumi up` alone sees no change, because Pulumi compares settings and not the machine.
AGAIN = "pulumi up --replace '**site-release'"
WITH_SECRETS = "pulumi up --replace '**site-secrets' --replace '**site-release'"
PROVISION = "pulumi up --replace '**host-provision'"


@dataclass(frozen=True)
class Change:
    """
    kind: `file`, `container`, `image`, `network`, `timer` or `firewall`. name: of the thing. what: a sentence. fix: the command
    that restores what the release wants.
    """

    kind: str
    name: str
    what: str
    fix: str = AGAIN


def on_machine(command: str, then: str = "") -> str:
    """A command that has to run on the machine, maybe before another one."""
    return f"on the machine: {command}" + (f"; then: {then}" if then else "")
