"""Networks of services, and who visits there as they run."""

from __future__ import annotations

from contextlib import suppress

from . import docker
from .docker import DockerError, Project
from .errors import NotStarted
from .layout import Layout
from .log import say
from .manifest import Manifest
from .releases import manifest_of


def attach_networks(project: Project, manifest: Manifest) -> None:
    """Connects services, as they run, to networks of others; see Service.networkAttachments in files/site/service.ts."""
    for visitor in (each for service in manifest.services for each in service.network_attachments):
        container = project.container_of(visitor.service)
        network = f"{project.name}_{visitor.network}"
        if any(network in each.networks for each in docker.inspect(container)):
            continue
        alias = ["--alias", visitor.alias] if visitor.alias else []
        connected = docker.act("network", "connect", *alias, network, container)
        if not connected.ok:
            say(f"{visitor.service} could not be connected to the network {visitor.network}. Docker says: {connected.text}")
            raise NotStarted


def forget_networks(layout: Layout, project: Project) -> None:
    """
    Removes networks of services that are gone; whoever visits there is the last to leave. One that stays is no reason for a release
    to fail.
    """
    running = manifest_of(layout.current)
    # A release of an earlier version of this program may name none.
    if running and running.networks:
        with suppress(DockerError):
            _forget_all_but(project, running.networks)


def _forget_all_but(project: Project, networks: list[str]) -> None:
    for line in project.networks('{{.Name}} {{.Label "com.docker.compose.network"}}'):
        network, _, name = line.partition(" ")
        if name in networks:
            continue
        on = docker.ask("network", "inspect", "--format", "{{range $id, $_ := .Containers}}{{$id}} {{end}}", network).text
        for container in on.split():
            docker.act("network", "disconnect", network, container)
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
