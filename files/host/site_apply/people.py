"""Ends the processes of users who were removed from the allow list."""

from __future__ import annotations

from typing import Optional

from . import times
from .containers import Snapshot
from .docker import Project
from .hooks import run_in
from .layout import Layout
from .log import say
from .manifest import Manifest
from .rollout import command_to_recreate


def removed(newest: Manifest, before: Optional[Manifest]) -> list[str]:
    """The entries that the newest release removes from the allow list. before: the previous release; None if there is none."""
    return [entry for entry in before.allow if entry not in newest.allow] if before else []


def end_removed(layout: Layout, project: Project, newest: Manifest, before: Optional[Manifest]) -> None:
    """
    Ends processes of removed users in services that can identify them, and shows what may still be there.

    before: the previous release, whose allow list shows who was removed; None if there is none.
    """
    gone = removed(newest, before)
    allowed = "".join(f"{entry}\n" for entry in newest.allow).encode()
    asked = [service for service in newest.services if service.dismiss]
    containers = project.snapshot() if asked else Snapshot([])
    for service in asked:
        if not containers.container_of(service.name):
            continue
        result = run_in(containers, service.name, service.dismiss, times.DISMISS_WITHIN, allowed)
        if not result.ok:
            words = " ".join(service.dismiss)
            say(f"{service.name}: '{words}' failed with exit code {result.code}, so nothing was ended there.")
        # Without a server for each person, processes of people can hide in the one that they share.
        if gone and service.user_controlled:
            say(
                f"Removed from the allow list: {' '.join(gone)}. Other programs that they left in {service.name} may still run"
                " until its container is recreated, which ends all kernels:"
                f" {command_to_recreate(layout, project, service.name)}. Files that run automatically (.bashrc, .ipython, .jupyter,"
                " notebooks) stay in the home directory: check them."
            )
