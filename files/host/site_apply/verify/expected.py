"""
What a release wants to have on the machine. A release that succeeds records it in its folder, as expected.json.

It is recorded because another version of Compose may compute other hashes, and because Compose takes a second on a small machine.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from .. import docker, limits
from ..compose_file import ComposeFile, read_compose_file
from ..docker import Project
from ..layout import Layout
from ..manifest import Manifest
from ..typed_json import NotUnderstood, parse
from . import hashes

FILE = "expected.json"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Wanted:
    """
    The container of a service.

    hash: Compose's hash of its definition. networks: full names. restart: its restart policy. memory: bytes; 0: no limit. pids: the
    most processes; 0: no limit.
    """

    image: str
    hash: str
    networks: list[str]
    restart: str = "no"
    memory: int = 0
    pids: int = 0


@dataclass(frozen=True)
class Expected:
    """
    containers: by service. networks: whether each is internal, by its full name. images: the id of each image, by its reference.
    """

    containers: dict[str, Wanted] = field(default_factory=dict)
    networks: dict[str, bool] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)


def wanted_by(manifest: Manifest, project: Project, compose: ComposeFile) -> dict[str, Wanted]:
    """The containers that a release wants, by service."""
    of_compose = compose.hashes(project)
    found = {}
    for name in compose.services:
        service, definition = manifest.service(name), compose.definition(name)
        memory, pids = int(definition.get("mem_limit") or 0), int(definition.get("pids_limit") or 0)
        sized = limits.memory_of(service)
        if sized is not None:
            memory = sized[0] * _MIB
        if service.processes_per_core:
            pids = service.processes_per_core * docker.engine().cores
        found[name] = Wanted(
            definition.get("image", ""),
            of_compose.get(name, ""),
            sorted(compose.networks[name]),
            definition.get("restart") or "no",
            memory,
            pids,
        )
    return found


def expected_by(manifest: Manifest, project: Project, compose: ComposeFile) -> Expected:
    containers = wanted_by(manifest, project, compose)
    # Services that run only at times have networks, too; their containers are no part of the running site.
    images = docker.image_ids(image.reference for image in manifest.images)
    return Expected(containers, compose.internal, images)


def keep(layout: Layout, expected: Expected, release: str) -> None:
    """Records what a release wants."""
    folder = layout.releases / release
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps(asdict(expected), indent=2) + "\n", "utf-8")
    new.replace(folder / FILE)
    hashes.keep(layout, folder)


def expected_of(layout: Layout, manifest: Manifest, project: Project) -> Expected:
    """What the running release wants: as recorded, or, for a release of an earlier version, as Compose says now."""
    try:
        value: Any = json.loads((layout.current / FILE).read_text("utf-8"))
        result: Expected = parse(Expected, value, FILE, strict=False)
        return result
    except (OSError, ValueError, NotUnderstood):
        return expected_by(manifest, project, read_compose_file(project, layout.current))
