"""Networks of the site. Compose creates them and connects the services, as compose.yaml says."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from contextlib import suppress

from . import docker, legacy
from .compose_file import ComposeFile, Networks
from .containers import Snapshot
from .docker import DockerError, Project
from .layout import Layout
from .releases import manifest_of


def make_room(layout: Layout, containers: Snapshot, compose: ComposeFile) -> None:
    """
    Stops containers that are on a network which the release gives to other services.

    Compose recreates or removes these containers, but it may start an app of the release on the network before that. Two apps must
    never share a network.
    """
    if (layout.current / legacy.HEADER).is_file():
        return  # Its compose.yaml does not list all networks; see legacy.attach_networks.
    networks = compose.networks
    for container in containers.containers:
        if container.is_running and is_in_the_way(container.service, container.networks, networks):
            docker.act("stop", container.id)


def is_in_the_way(service: str, on: AbstractSet[str], networks: Networks) -> bool:
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
