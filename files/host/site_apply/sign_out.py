"""Ends the sessions of a person."""

from __future__ import annotations

from urllib.parse import quote

from . import docker, machine, times
from .docker import Project
from .errors import Refusal
from .layout import Layout
from .log import say
from .releases import manifest_of


def sign_out(layout: Layout, person: str) -> int:
    """Ends all sessions of a person, whose WebSockets are then cut. person: an address, or a user name of GitHub."""
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise Refusal("No site runs here.")
    services = [service for service in manifest.services if service.sign_out]
    if not services:
        raise Refusal("The site was released by an earlier version, which keeps no sessions. Run pulumi up first.")
    containers = Project(manifest.project).snapshot()
    ended = 0
    for service in services:
        *words, last = service.sign_out
        argv = ["exec", containers.container_of(service.name), *words, last + quote(person, safe="")]
        result = docker.act(*argv, within=times.ANSWER_WITHIN)
        if not result.ok or not result.text.strip().isdigit():
            raise Refusal(
                f"{service.name} does not answer, so no session was ended. Start the site (docker compose --project-name"
                f" {manifest.project} up --detach), and run the command again. It says: {result.last_line}"
            )
        ended += int(result.text)
    say(f"Ended {ended} session(s) of {person}.")
    if person.lower() in manifest.allow or any(
        entry.startswith("@") and person.lower().endswith(entry) for entry in manifest.allow
    ):
        say(f"{person} is on the allow list, and can sign in again. Remove the entry from the setting allow to prevent that.")
    return 0
