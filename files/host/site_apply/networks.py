"""Networks of the site. Compose creates them and connects the services, as compose.yaml says."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from . import docker, legacy
from .docker import DockerError, Project
from .layout import Layout
from .releases import manifest_of

# By service: the full names of its networks.
Networks = dict[str, set[str]]


def networks_of(project: Project, folder: Path) -> Networks:
    """The networks in the compose.yaml of a release's folder. Throws DockerError if it cannot be read."""
    said = project.compose(folder, "config", "--format", "json", errors=False)
    if not said.ok:
        raise DockerError(f"docker compose: the networks of {folder} could not be read")
    whole = json.loads(said.text or "{}")
    full = {name: each["name"] for name, each in whole.get("networks", {}).items()}
    return {service: {full[name] for name in each.get("networks") or {}} for service, each in whole.get("services", {}).items()}


def make_room(layout: Layout, project: Project) -> None:
    """
    Stops containers that are on a network which the release gives to other services.

    Compose recreates or removes these containers, but it may start an app of the release on the network before that. Two apps must
    never share a network.
    """
    if (layout.current / legacy.HEADER).is_file():
        return  # Its compose.yaml does not list all networks; see legacy.attach_networks.
    networks = networks_of(project, layout.current)
    for container in docker.inspect(*project.containers(running=True)):
        service = container.labels.get("com.docker.compose.service", "")
        if is_in_the_way(service, set(container.networks), networks):
            docker.act("stop", container.id)


def is_in_the_way(service: str, on: set[str], networks: Networks) -> bool:
    """
    Whether a service's container is on a network that it must leave and that the release gives to another service.

    on: the container's networks. networks: the networks of the release's services.
    """
    left = on - networks.get(service, set())
    return any(left & others for others in networks.values())


def prune_networks(layout: Layout, project: Project) -> None:
    """Removes networks that the current release does not have. A failure is ignored, because an unused network does no harm."""
    running = manifest_of(layout.current)
    # A release of an earlier version of this program may list no networks.
    if running and running.networks:
        with suppress(DockerError):
            for line in project.networks('{{.Name}} {{.Label "com.docker.compose.network"}}'):
                network, _, name = line.partition(" ")
                if name not in running.networks:
                    docker.act("network", "rm", network)


def remove_networks_of_refused(layout: Layout, project: Project) -> None:
    """Removes the networks that Compose created for a refused release. Networks of the running release stay."""
    if layout.current.is_symlink():
        prune_networks(layout, project)
    else:
        project.compose(layout.incoming, "--profile", "check", "--profile", "certificates", "down")
