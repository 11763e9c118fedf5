"""The servers of people, which the site's spawner starts; Compose does not know them. See files/services/people-spawner."""

from __future__ import annotations

from . import docker, times
from .docker import DockerError, Project
from .layout import Layout
from .log import say
from .manifest import Manifest

SPAWNER = "people-spawner"
_LABEL = "jupyter-up.site"


def containers_of(project: Project) -> list[str]:
    """Ids of the containers, running or not."""
    return docker.answer("ps", "--all", "--quiet", "--filter", f"label={_LABEL}={project.name}").split()


def were_possible(layout: Layout) -> bool:
    """Whether a kept release has the spawner. A site that never had it is not asked, which saves commands on a small machine."""
    return (layout.files / SPAWNER).is_dir()


def mounted(layout: Layout, project: Project) -> list[str]:
    """Folders that the containers mount, such as files of the release with which they were started."""
    if not were_possible(layout):
        return []
    return [mount for container in docker.inspect(*containers_of(project)) for mount in container.mounts]


def remove(project: Project) -> None:
    """Stops and removes all servers. Homes stay."""
    try:
        containers = containers_of(project)
    except DockerError as error:
        say(f"The servers of people could not be found, and may still run. {error}")
        return
    if not containers:
        return
    docker.act("stop", *containers, within=times.STARTED_WITHIN)
    removed = docker.act("rm", "--force", "--volumes", *containers, within=times.REMOVED_WITHIN)
    if not removed.ok:
        say(f"The servers of people could not be removed. Docker says: {removed.last_line}")


def remove_without_spawner(layout: Layout, project: Project, manifest: Manifest) -> None:
    """Removes all servers if the release has one Jupyter for all people."""
    if were_possible(layout) and not any(service.name == SPAWNER for service in manifest.services):
        remove(project)
