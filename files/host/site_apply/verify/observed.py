"""What is on the machine now. The module `compare` says what differs from the running release."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from .. import docker, times, units
from ..command import run
from ..docker import Container, Project
from ..layout import Layout, target_of
from ..machine import am_root
from ..manifest import Manifest
from .hashes import Difference, differences

_TABLE = ("inet", "jupyter_up")


@dataclass(frozen=True)
class Network:
    """key: its name in compose.yaml. containers: names of the running containers on it."""

    name: str
    key: str
    id: str
    is_internal: bool
    containers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Unit:
    """A systemd unit of the release. is_same: whether its file is that of the release. more: files that change it."""

    name: str
    is_same: bool
    is_enabled: bool = True
    is_active: bool = True
    more: str = ""


@dataclass(frozen=True)
class Firewall:
    """
    The rules in the kernel, and those of the file that is read at each boot. bridges: of the networks to which the rules apply;
    wanted_bridges: those of the site.
    """

    loaded: list[str]
    wanted: list[str]
    bridges: frozenset[str] = frozenset()
    wanted_bridges: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Observed:
    """images: ids by reference. links: the target of each link `current` of a service, by service. firewall: None without one."""

    files: list[Difference] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)
    networks: list[Network] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    firewall: Optional[Firewall] = None
    links: dict[str, str] = field(default_factory=dict)


def observe(layout: Layout, manifest: Manifest, project: Project) -> Observed:
    networks = _networks(project)
    return Observed(
        differences(layout, manifest),
        docker.inspect(*project.containers()),
        docker.image_ids(image.reference for image in manifest.images),
        networks,
        [_unit(file) for file in units.wanted(layout, manifest)] if units.has_systemd() else [],
        _firewall(layout.root / "etc" / "metadata.nft", networks),
        {each.name: target_of(layout.files / each.name / "current") for each in manifest.services if each.reload},
    )


def _networks(project: Project) -> list[Network]:
    ids = project.networks("{{.ID}}")
    told = docker.ask("network", "inspect", *ids).text if ids else "[]"
    return [
        Network(
            each["Name"],
            (each.get("Labels") or {}).get("com.docker.compose.network", ""),
            each["Id"][:12],
            bool(each.get("Internal")),
            frozenset(container["Name"] for container in (each.get("Containers") or {}).values()),
        )
        for each in json.loads(told or "[]")
    ]


def _unit(file: Path) -> Unit:
    placed = units.SYSTEM / file.name
    is_same = placed.is_file() and placed.read_bytes() == file.read_bytes()
    asked = run(["systemctl", "show", "--property=UnitFileState,ActiveState,DropInPaths", file.name], within=times.QUESTION_WITHIN)
    told = dict(line.split("=", 1) for line in asked.lines if "=" in line)
    if file.suffix != ".timer":
        return Unit(file.name, is_same, more=told.get("DropInPaths", ""))
    is_enabled, is_active = told.get("UnitFileState") == "enabled", told.get("ActiveState") == "active"
    return Unit(file.name, is_same, is_enabled, is_active, told.get("DropInPaths", ""))


def _firewall(rules: Path, networks: list[Network]) -> Optional[Firewall]:
    """None on a machine that provision.sh has not prepared. The file is loaded into an empty network namespace, which lists it."""
    if not am_root() or not rules.is_file():
        return None
    listing = ["nft", "list", "table", *_TABLE]
    alone = ["unshare", "--net", "sh", "-c", f'nft -f "$0" && {" ".join(listing)}', str(rules)]
    wanted = run(alone, within=times.QUESTION_WITHIN)
    if not wanted.ok:
        return None  # This machine has no network namespaces.
    loaded = run(listing, within=times.QUESTION_WITHIN).lines
    return Firewall(rules_in(loaded), rules_in(wanted.lines), bridges_in(loaded), frozenset(f"br-{each.id}" for each in networks))


def rules_in(lines: list[str]) -> list[str]:
    """The lines of a listing without the elements of the set, which follow the networks, and without blanks around them."""
    text = "\n".join(line.strip() for line in lines)
    head, mark, tail = text.partition("elements = {")
    return [line for line in (head + tail.partition("}")[2] if mark else text).split("\n") if line]


def bridges_in(lines: list[str]) -> frozenset[str]:
    """The elements of the set in a listing."""
    inner = " ".join(lines).partition("elements = {")[2].partition("}")[0]
    return frozenset(word.strip().strip('"') for word in inner.split(",") if word.strip())
