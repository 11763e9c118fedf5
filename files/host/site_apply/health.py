"""Checks whether a service is ready."""

from __future__ import annotations

from typing import Optional

from . import docker, log, pace, times
from .containers import Snapshot
from .docker import Container
from .log import say
from .manifest import Manifest


def is_ready(containers: Snapshot, manifest: Manifest, service: str, patience: Optional[float] = None) -> bool:
    """
    Waits until a service is ready. If it does not become ready, shows its log and returns False.

    A service is ready when the readiness probe of the release passes, or its health check if it has no probe. This program runs the
    check itself, because Docker would run it only after the check's interval.

    patience: how long to wait, in seconds. Default: what the machine needs.
    """
    container = containers.container_of(service)
    waiting = log.Waiting(f"Waiting for {service}")
    state = _started(container, waiting, patience)
    restarts = state.restarts if state else 0
    instead = manifest.service(service).readiness_probe
    asked = containers.container_of(instead.service) if instead else container
    check = instead.succeeds if instead else state.health_check if state else []
    while True:
        if state is None or (state.status, state.restarts) != ("running", restarts):
            show_failure(service, container, "stopped by itself")
            return False
        if not check or docker.ask("exec", asked, *check, within=times.ANSWER_WITHIN).ok:
            return True
        if _is_over(waiting, patience):
            show_failure(service, container, f"does not answer after {int(waiting.seconds)} seconds")
            return False
        waiting.still()
        waiting.pause()
        state = _state(container)


def _is_over(waiting: log.Waiting, patience: Optional[float]) -> bool:
    if patience is not None:
        return waiting.seconds >= patience
    # The disk is measured only if it matters.
    least = min(times.READY_FAST_WITHIN, times.READY_WITHIN)
    return waiting.seconds >= least and waiting.seconds >= pace.ready_within()


def _started(container: str, waiting: log.Waiting, patience: Optional[float]) -> Optional[Container]:
    """
    Waits until a container has started, and returns its state.

    One restart is allowed, because a service that the container needs may not have been ready. If it stops again, it has failed:
    Docker waits up to a minute between further restarts.
    """
    state = _state(container)
    looked = state.restarts if state else 0
    while state and state.status == "restarting" and state.restarts <= looked + 1 and not _is_over(waiting, patience):
        waiting.pause()
        state = _state(container)
    return state


def _state(container: str) -> Optional[Container]:
    found = docker.inspect(container) if container else []
    return found[0] if found else None


def show_failure(service: str, container: str, what: str) -> None:
    """Reports a problem of a service, with the last lines of its log."""
    say(f"{service} {what}. Last lines of its log:")
    words = docker.act("logs", "--tail", "12", container, within=10)
    for line in words.lines:
        say(f"    {line.strip()[:300]}")


def kernels_in(container: str) -> int:
    """Number of kernels that run in a container."""
    processes = docker.ask("top", container, within=times.ANSWER_WITHIN).lines
    return sum("ipykernel_launcher" in line for line in processes)
