"""Reads releases of earlier versions of this program. Their manifest is `.header`: each line is a keyword and its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from . import docker
from .docker import Project
from .errors import NotStarted
from .log import say
from .manifest import VERSION, Manifest
from .typed_json import parse

HEADER = ".header"
# The service to which folders are assigned, because that format does not name one.
_NO_SERVICE = "-"


def read_header(file: Path) -> Optional[Manifest]:
    """Reads the manifest of such a release. Returns None if the file names no project."""
    lines = _lines(file)
    services: dict[str, dict[str, Any]] = {}
    release: dict[str, Any] = {"version": VERSION, "release": file.parent.name}
    images: dict[str, dict[str, Any]] = {}

    def service(name: str) -> dict[str, Any]:
        return services.setdefault(name, {"name": name})

    for word, *rest in lines:
        if word in ("release", "project", "machine"):
            release[word] = rest[0]
        elif word == "image":
            images[rest[0]] = {"reference": rest[0], "size_mib": int(rest[1]), "setting": "".join(rest[2:3])}
        elif word == "floating":
            images[rest[0]]["pin"] = " ".join(rest[1:])
        elif word == "allow":
            release.setdefault("allow", []).append(rest[0])
        elif word == "network":
            release.setdefault("networks", []).append(rest[0])
        elif word == "folder":
            service(_NO_SERVICE).setdefault("folders", []).append({"path": " ".join(rest[1:])})
        elif word == "certificate":
            service(rest[0])["certificate"] = {"id": rest[1], "reader": rest[2], "folder": " ".join(rest[4:])}
            service(rest[2])["user"] = rest[3]
        elif word == "reload":
            service(rest[0]).update(files=rest[1], reload=rest[2:])
        elif word == "lists":
            service(rest[0]).update(files=rest[1], lists=rest[2:])
        elif word == "units":
            service(rest[0]).update(files=rest[1], units=True)
        elif word == "secrets":
            service(rest[0])["secrets"] = rest[1]
        elif word == "user-controlled":
            service(rest[0])["user_controlled"] = True
        elif word == "memory":
            service(rest[0])["memory_beside_mib"] = int(rest[1])
        elif word == "processes":
            service(rest[0])["processes_per_core"] = int(rest[1])
        elif word == "ready":
            service(rest[0])["readiness_probe"] = {"service": rest[1], "succeeds": rest[2:]}
        elif word in ("prepare", "afterwards"):
            service(rest[0]).setdefault("prepare" if word == "prepare" else "post_release", []).append(rest[1:])
        elif word in ("ask", "dismiss"):
            service(rest[0])["dismiss" if word == "dismiss" else "smoke_test"] = rest[1:]
    if "project" not in release:
        return None
    manifest: Manifest = parse(Manifest, {**release, "images": list(images.values()), "services": list(services.values())}, HEADER)
    return manifest


def attach_networks(project: Project, folder: Path) -> None:
    """
    Connects nginx and MariaDB to the networks of apps. The compose.yaml of such a release does not do that, so it is necessary
    after each `docker compose up`. Does nothing for any other release. Throws NotStarted.
    """
    file = folder / HEADER
    if not file.is_file():
        return
    containers = project.snapshot()
    for _, service, name, *alias in (words for words in _lines(file) if words[0] == "visitor"):
        container, network = containers.container_of(service), f"{project.name}_{name}"
        if any(network in each.networks for each in docker.inspect(container)):
            continue
        options = [word for each in alias for word in ("--alias", each)]
        connected = docker.act("network", "connect", *options, network, container)
        if not connected.ok:
            say(f"{service} could not be connected to the network {name}. Docker says: {connected.text}")
            raise NotStarted


def _lines(file: Path) -> list[list[str]]:
    return [line.split(" ") for line in file.read_text("utf-8").split("\n") if line]
