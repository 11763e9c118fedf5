"""Shows which services a release starts or recreates, and how many kernels this ends."""

from __future__ import annotations

from . import docker, times
from .command import run
from .compose_file import ComposeFile
from .docker import Container, Project
from .floating import is_renewed
from .health import kernels_in
from .layout import Layout
from .log import say
from .releases import manifest_of


def announce(layout: Layout, project: Project, compose: ComposeFile) -> None:
    _announce_networks(layout)
    containers = [each for each in docker.inspect(*project.containers()) if not _is_one_off(each)]
    image_ids = docker.image_ids(each.image for each in containers)
    for service, hash_ in _hashes(project, compose):
        container = next((each for each in containers if each.service == service), None)
        if not container:
            say(f"{service}: starts")
            continue
        if container.labels.get("com.docker.compose.config-hash") == hash_ and not is_renewed(container, image_ids):
            say(f"{service}: keeps running")
            continue
        kernels = kernels_in(container.id)
        ends = f"; its running kernels end ({kernels}), saved notebooks stay" if kernels else ""
        say(f"{service}: is recreated{ends}")


def _is_one_off(container: Container) -> bool:
    """Whether `docker compose run` created it. Such a container has the name of a service, but is not its container."""
    return container.labels.get("com.docker.compose.oneoff") == "True"


def _announce_networks(layout: Layout) -> None:
    """Shows changed networks, because they are why nginx and MariaDB are recreated; see files/site/appNetworks.ts."""
    before, after = manifest_of(layout.current), manifest_of(layout.incoming)
    if not before or not before.networks or not after:
        return
    for done, one, other in (("added", after, before), ("removed", before, after)):
        names = [name for name in one.networks if name not in other.networks]
        if names:
            say(f"Networks {done}: {' '.join(names)}. The services in them are recreated.")


def _hashes(project: Project, compose: ComposeFile) -> list[tuple[str, str]]:
    """Each service, and Compose's hash of it. It includes the content of env_file, which plain `config --hash` leaves out."""
    words = ["docker", "compose", "--project-name", project.name, "--file", "-", "config", "--hash", "*"]
    hashes = run(words, within=times.QUESTION_WITHIN, given=compose.text)
    return [(service, hash_) for service, _, hash_ in (line.partition(" ") for line in hashes.lines)]
