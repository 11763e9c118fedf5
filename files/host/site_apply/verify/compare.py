"""Names what differs between the machine and the running release. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ..docker import Container
from ..manifest import Manifest
from .change import PROVISION, WITH_SECRETS, Change, on_machine
from .expected import Expected, Wanted
from .hashes import Difference
from .observed import Firewall, Network, Observed, Unit

_MIB = 1024 * 1024


def changes(manifest: Manifest, expected: Expected, observed: Observed, is_closed: bool = False) -> list[Change]:
    """
    Everything that somebody changed by hand.

    is_closed: whether the site is closed because of a move, which stops containers.
    """
    containers = [] if is_closed else container_changes(expected, observed.containers)
    return [
        *file_changes(observed.files),
        *link_changes(manifest, observed.links),
        *containers,
        *image_changes(expected, observed.images),
        *network_changes(manifest, expected, observed.containers, observed.networks),
        *(change for unit in observed.units for change in unit_changes(unit)),
        *firewall_changes(observed.firewall),
    ]


def file_changes(files: Sequence[Difference]) -> list[Change]:
    return [
        Change("file", str(each.path), f"The file {each.path} was {each.what}.", WITH_SECRETS if _is_secret(each) else Change.fix)
        for each in files
    ]


def _is_secret(file: Difference) -> bool:
    return len(file.path.parents) > 2 and "secrets" in (parent.name for parent in file.path.parents)


def link_changes(manifest: Manifest, links: dict[str, str]) -> list[Change]:
    # After a rollback, the name of the folder also has that of the failed release.
    return [
        Change("file", f"files/{name}/current", f"The link files/{name}/current leads to {target or 'nothing'}, not to {files}.")
        for name, target in links.items()
        for files in [manifest.service(name).files]
        if target != files and not target.startswith(f"{files}.")
    ]


def container_changes(expected: Expected, containers: Sequence[Container]) -> list[Change]:
    own = [each for each in containers if not each.is_one_off]
    found = []
    for service, wanted in expected.containers.items():
        container = next((each for each in own if each.service == service), None)
        if container is None:
            found.append(Change("container", service, f"{service} has no container."))
            continue
        found += [Change("container", service, what) for what in _differences(service, wanted, container, expected)]
    return found + [
        Change(
            "container",
            each.name,
            f"The container {each.name} belongs to no service of the release.",
            on_machine(f"docker rm --force {each.name}"),
        )
        for each in own
        if each.service not in expected.containers
    ]


def _differences(service: str, wanted: Wanted, container: Container, expected: Expected) -> list[str]:
    found = []
    if container.status != "running":
        found.append(f"The container of {service} does not run ({container.status}).")
    if container.hash != wanted.hash:
        found.append(f"The container of {service} was not created from this release.")
    # Containers of an old version of Compose do not say from which image they were created.
    elif container.image_id and container.image_id != expected.images.get(wanted.image, container.image_id):
        found.append(f"The container of {service} runs another image than the release.")
    return found + differs(service, wanted, container)


def differs(service: str, wanted: Wanted, container: Container) -> list[str]:
    """What was changed on a container after Compose had created it. Compose itself does not see this."""
    found = []
    for network in sorted(set(wanted.networks) - set(container.networks)):
        found.append(f"{service} was taken off the network {network}.")
    for network in sorted(set(container.networks) - set(wanted.networks) - {"none"}):
        found.append(f"{service} was connected to the network {network}.")
    if container.restart != wanted.restart:
        found.append(f"The restart policy of {service} is '{container.restart}', not '{wanted.restart}'.")
    if container.memory != wanted.memory:
        found.append(f"The memory limit of {service} is {_limit(container.memory)}, not {_limit(wanted.memory)}.")
    if container.pids != wanted.pids:
        found.append(f"The most processes of {service} are {container.pids or 'unlimited'}, not {wanted.pids or 'unlimited'}.")
    return found


def _limit(size: int) -> str:
    return f"{size // _MIB} MiB" if size else "none"


def image_changes(expected: Expected, images: dict[str, str]) -> list[Change]:
    found = []
    for reference, id_ in expected.images.items():
        if reference not in images:
            found.append(Change("image", reference, f"The image {reference} was removed."))
        elif images[reference] != id_:
            fix = on_machine(f"docker pull {reference}", Change.fix)
            found.append(Change("image", reference, f"The tag {reference} names another image than at the release.", fix))
    return found


def network_changes(
    manifest: Manifest, expected: Expected, containers: Sequence[Container], networks: Sequence[Network]
) -> list[Change]:
    by_name = {each.name: each for each in networks}
    own = {each.name for each in containers}
    found = []
    for name, is_internal in expected.networks.items():
        if name not in by_name:
            found.append(Change("network", name, f"The network {name} was removed."))
        elif by_name[name].is_internal != is_internal:
            fix = on_machine(f"docker compose --project-name {manifest.project} down", Change.fix)
            has = "has a route out of the machine, and must have none" if is_internal else "has no route out of the machine"
            found.append(Change("network", name, f"The network {name} was replaced: it {has}.", fix))
    for network in networks:
        if manifest.networks and network.key not in manifest.networks:
            found.append(Change("network", network.name, f"The network {network.name} belongs to no service of the release."))
        for stranger in sorted(network.containers - own):
            fix = on_machine(f"docker network disconnect {network.name} {stranger}")
            what = f"The container {stranger}, which is not the site's, is on the network {network.name}."
            found.append(Change("network", network.name, what, fix))
    return found


def unit_changes(unit: Unit) -> list[Change]:
    if not unit.is_same:
        return [Change("timer", unit.name, f"The systemd unit {unit.name} was changed or removed.")]
    found = []
    if unit.more:
        fix = on_machine(f"systemctl revert {unit.name}")
        found.append(Change("timer", unit.name, f"The systemd unit {unit.name} is changed by {unit.more}.", fix))
    if not unit.is_enabled:
        found.append(Change("timer", unit.name, f"The timer {unit.name} is not enabled: it will not start after a reboot."))
    if not unit.is_active:
        found.append(Change("timer", unit.name, f"The timer {unit.name} was stopped."))
    return found


def firewall_changes(firewall: Optional[Firewall]) -> list[Change]:
    if firewall is None:
        return []
    if firewall.loaded == firewall.wanted:
        missing = sorted(firewall.wanted_bridges - firewall.bridges)
        sentence = f"The firewall does not know the bridges of these networks: {', '.join(missing)}."
        return [Change("firewall", "bridges", sentence)] if missing else []
    what = "was changed" if firewall.loaded else "was removed"
    sentence = f"The firewall that keeps containers from this machine {what} (nft list table inet jupyter_up)."
    return [Change("firewall", "jupyter_up", sentence, PROVISION)]
