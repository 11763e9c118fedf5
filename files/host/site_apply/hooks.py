"""Runs a release's commands in its services' containers and shows their output."""

from __future__ import annotations

from typing import Literal

from . import docker, log, pace, times
from .command import Result
from .containers import Snapshot
from .errors import NotStarted
from .health import show_failure
from .log import say
from .manifest import Argv, Manifest

# The most output of a command that is shown.
_MOST_BYTES, _MOST_LINES = 65536, 100

When = Literal["prepare", "post_release"]


def run_in(containers: Snapshot, service: str, argv: Argv, within: float, given: bytes = b"") -> Result:
    """Runs a command in a service's container and shows its output. within: seconds. given: standard input."""
    container = containers.container_of(service)
    result = docker.act("exec", "--interactive", container, *argv, within=within, given=given, most=_MOST_BYTES)
    for line in result.lines[:_MOST_LINES]:
        say(f"{service} says: {line.strip()}")
    return result


def run_hook(containers: Snapshot, service: str, argv: Argv) -> bool:
    """Runs a command of `prepare` or `post_release`. Returns whether it succeeded."""
    within = pace.prepare_within()
    result = run_in(containers, service, argv, within)
    words = " ".join(argv)
    if result.code == 124:
        say(f"{service}: '{words}' did not end within {within} seconds.")
    elif not result.ok:
        silent = "" if result.text else ", without output"
        say(f"{service}: '{words}' failed with exit code {result.code}{silent}.")
    return result.ok


def smoke_test(containers: Snapshot, manifest: Manifest) -> None:
    """Sends requests through nginx, like a browser, until the whole site answers. Throws NotStarted if it takes too long."""
    for service in manifest.services:
        if not service.smoke_test:
            continue
        waiting = log.Waiting("Waiting for the site")
        container = containers.container_of(service.name)
        while not docker.ask("exec", container, *service.smoke_test, within=times.ANSWER_WITHIN).ok:
            if waiting.seconds >= times.ASK_WITHIN:
                words = " ".join(service.smoke_test)
                say(f"All services run, but the site does not answer at its own front door ({service.name}: {words}).")
                show_failure(service.name, container, "said")
                raise NotStarted
            waiting.pause()
