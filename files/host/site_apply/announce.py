"""Shows which services a release starts or recreates, and how many kernels this ends."""

from __future__ import annotations

from collections.abc import Sequence

from . import docker
from .compose_file import ComposeFile
from .docker import Container, Project
from .floating import is_renewed
from .health import kernels_in
from .layout import Layout
from .log import say
from .releases import manifest_of
from .verify.undo import Stale, announced


def announce(layout: Layout, project: Project, compose: ComposeFile, present: Sequence[Container], stale: Sequence[Stale]) -> None:
    """present: the project's containers. stale: those of them that were changed by hand."""
    _announce_networks(layout)
    containers = [each for each in present if not each.is_one_off]
    image_ids = docker.image_ids(each.image for each in containers)
    for service, hash_ in compose.hashes(project).items():
        container = next((each for each in containers if each.service == service), None)
        if not container:
            say(f"{service}: starts")
            continue
        by_hand = announced(service, stale)
        if container.hash == hash_ and not is_renewed(container, image_ids) and not by_hand:
            say(f"{service}: keeps running")
            continue
        kernels = kernels_in(container.id)
        ends = f"; its running kernels end ({kernels}), saved notebooks stay" if kernels else ""
        why = f", because {by_hand}" if by_hand else ""
        say(f"{service}: is recreated{why}{ends}")


def _announce_networks(layout: Layout) -> None:
    """Shows changed networks, because they are why nginx and MariaDB are recreated; see files/site/appNetworks.ts."""
    before, after = manifest_of(layout.current), manifest_of(layout.incoming)
    if not before or not before.networks or not after:
        return
    for done, one, other in (("added", after, before), ("removed", before, after)):
        names = [name for name in one.networks if name not in other.networks]
        if names:
            say(f"Networks {done}: {' '.join(names)}. The services in them are recreated.")
