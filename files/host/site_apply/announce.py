"""Shows which services a release starts or recreates, and how many kernels this ends."""

from __future__ import annotations

from . import docker, times
from .command import run
from .docker import Project
from .floating import is_renewed
from .health import kernels_in
from .layout import Layout
from .log import say
from .releases import manifest_of


def announce(layout: Layout, project: Project) -> None:
    _announce_networks(layout)
    for service, hash_ in _hashes(layout, project):
        found = docker.inspect(*project.containers(f"label=com.docker.compose.service={service}")[:1])
        if not found:
            say(f"{service}: starts")
            continue
        container = found[0]
        if container.labels.get("com.docker.compose.config-hash") == hash_ and not is_renewed(container):
            say(f"{service}: keeps running")
            continue
        kernels = kernels_in(container.id)
        ends = f"; its running kernels end ({kernels}), saved notebooks stay" if kernels else ""
        say(f"{service}: is recreated{ends}")


def _announce_networks(layout: Layout) -> None:
    """Shows changed networks, because they are why nginx and MariaDB are recreated; see files/site/appNetworks.ts."""
    before, after = manifest_of(layout.current), manifest_of(layout.incoming)
    if not before or not before.networks or not after:
        return
    for done, one, other in (("added", after, before), ("removed", before, after)):
        names = [name for name in one.networks if name not in other.networks]
        if names:
            say(f"Networks {done}: {' '.join(names)}. The services in them are recreated.")


def _hashes(layout: Layout, project: Project) -> list[tuple[str, str]]:
    """Each service, and Compose's hash of it. It includes the content of env_file, which plain `config --hash` leaves out."""
    whole = project.compose(layout.incoming, "config", errors=False)
    words = ["docker", "compose", "--project-name", project.name, "--file", "-", "config", "--hash", "*"]
    hashes = run(words, within=times.QUESTION_WITHIN, given=whole.raw)
    return [(service, hash_) for service, _, hash_ in (line.partition(" ") for line in hashes.lines)]
