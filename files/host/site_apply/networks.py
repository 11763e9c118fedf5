"""Networks of the site. Compose makes them and connects the services; compose.yaml says all of it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from . import docker, legacy
from .docker import DockerError, Project
from .layout import Layout
from .releases import manifest_of

# Full names of each service's networks.
Networks = dict[str, set[str]]


def networks_of(project: Project, folder: Path) -> Networks:
    """What a release's compose.yaml says."""
    said = project.compose(folder, "config", "--format", "json", errors=False)
    if not said.ok:
        raise DockerError(f"docker compose: the networks of {folder} could not be read")
    whole = json.loads(said.text or "{}")
    full = {name: each["name"] for name, each in whole.get("networks", {}).items()}
    return {service: {full[name] for name in each.get("networks") or {}} for service, each in whole.get("services", {}).items()}


def make_room(layout: Layout, project: Project) -> None:
    """
    Stops containers that are on a network which the release gives to other services. Compose recreates or removes them, but would
    start an app on that network meanwhile: no app meets another one.
    """
    if (layout.current / legacy.HEADER).is_file():
        return  # Its compose.yaml does not say all; see legacy.attach_networks.
    networks = networks_of(project, layout.current)
    for container in docker.inspect(*project.containers(running=True)):
        service = container.labels.get("com.docker.compose.service", "")
        if is_in_the_way(service, set(container.networks), networks):
            docker.act("stop", container.id)


def is_in_the_way(service: str, on: set[str], networks: Networks) -> bool:
    left = on - networks.get(service, set())
    return any(left & others for others in networks.values())


def forget_networks(layout: Layout, project: Project) -> None:
    """Removes networks that the current release does not have. One that stays is no reason for a release to fail."""
    running = manifest_of(layout.current)
    # A release of an earlier version of this program may name none.
    if running and running.networks:
        with suppress(DockerError):
            for line in project.networks('{{.Name}} {{.Label "com.docker.compose.network"}}'):
                network, _, name = line.partition(" ")
                if name not in running.networks:
                    docker.act("network", "rm", network)


def leave_none(layout: Layout, project: Project) -> None:
    """
    Removes the networks that Compose has made for a release that was refused. Where no site runs yet, nothing is left of it;
    otherwise the running release's stay.
    """
    if layout.current.is_symlink():
        forget_networks(layout, project)
    else:
        project.compose(layout.incoming, "--profile", "check", "--profile", "certificates", "down")
