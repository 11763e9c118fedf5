"""Checks a release's files before it is activated."""

from __future__ import annotations

from . import times
from .command import TIMED_OUT
from .docker import Project, said_by_compose
from .errors import Refusal
from .layout import Layout

_NO_ADDRESSES = ("non-overlapping IPv4 address pool", "address pools have been fully subnetted")
_OF_DOCKER = ("Error response from daemon", "annot connect to the Docker daemon", "error during connect")


def check_compose(layout: Layout, project: Project) -> None:
    """Checks the generated compose.yaml. Throws Refusal."""
    result = project.compose(layout.incoming, "config", "--quiet")
    if not result.ok:
        raise Refusal(
            "The generated compose.yaml is not valid, which is an error in this program. Nothing was changed."
            f" Docker says: {result.last_line}"
        )


def check_files(layout: Layout, project: Project) -> None:
    """Runs the check containers (profile "check") of all services that can check their own files. Throws Refusal."""
    check = ("--profile", "check")
    for service in project.services(layout.incoming, *check):
        if not service.endswith("-check"):
            continue
        run = ("run", "--rm", "--no-deps", "-T", service)
        result = project.compose(layout.incoming, *check, *run, within=times.CHECKED_WITHIN)
        if not result.ok:
            project.remove_containers_of(service)
            words = " ".join(said_by_compose(result)[-2:])
            if result.code == TIMED_OUT:
                words = f"Error response from daemon: no answer within {times.CHECKED_WITHIN} seconds"
            raise Refusal(check_failure(service[: -len("-check")], words))


def check_failure(service: str, words: str) -> str:
    """The message for a failed check: either the files are invalid, or Docker could not run the check."""
    if any(known in words for known in _NO_ADDRESSES):
        return (
            "Docker has no range of addresses left for another network. Nothing was changed. Remove the networks that nothing uses"
            " (docker network prune), or give Docker more ranges (default-address-pools in /etc/docker/daemon.json), and run"
            f" pulumi up again. Docker says: {words}"
        )
    if "no space left on device" in words:
        return (
            f"The disk is full, so the files of {service} could not be checked. Nothing was changed. Free some space (docker image"
            " prune --all removes each image that no container uses; docker system df shows what Docker holds), and run pulumi up"
            f" again. Docker says: {words}"
        )
    if any(known in words for known in _OF_DOCKER):
        return (
            f"Docker could not start {service} to check its files. Nothing was changed. Fix the cause, and run pulumi up again."
            f" Docker says: {words}"
        )
    return f"{service} refuses its new files, which is an error in this program. Nothing was changed. It says: {words}"
