"""The site's images: their versions, their age, and known vulnerabilities. Pure functions, except for the question to Docker."""

from __future__ import annotations

import json
import re
from typing import Any

from .. import docker
from ..manifest import Hole, Image
from .moments import days_since
from .report import Part

_VERSION = "org.opencontainers.image.version"


def parts_of(images: list[Image], ids: dict[str, str], now: float) -> list[Part]:
    """The images that are on the machine. ids: by reference."""
    told = docker.ask("image", "inspect", *dict.fromkeys(ids.values())).text if ids else "[]"
    found = {each["Id"]: each for each in json.loads(told or "[]")}
    return [part_of(image, found[ids[image.reference]], now) for image in images if ids.get(image.reference) in found]


def part_of(image: Image, said: dict[str, Any], now: float) -> Part:
    """said: by `docker image inspect`."""
    name, _, tag = image.reference.partition("@")[0].rpartition(":")
    label = ((said.get("Config") or {}).get("Labels") or {}).get(_VERSION, "")
    # A tag such as 11.8 moves; the label names the version.
    version = label if label and image.pin else tag
    built = (said.get("Created") or "")[:10]
    holes = [hole for hole in image.holes if is_open(version, hole)]
    fix = holes[0].fix if holes else ""
    return Part(name, version, built, days_since(f"{built}T00:00:00Z", now), [hole.what for hole in holes], fix)


def is_open(version: str, hole: Hole) -> bool:
    """
    Whether a version is older than the one that fixes a vulnerability. A moving tag without a known version, such as `11.8`, stands
    for the newest version of its series.
    """
    date = re.match(r"\d{4}-\d\d-\d\d", version)
    if re.match(r"\d{4}-", hole.fixed_in):
        return bool(date) and version < hole.fixed_in
    found, fixed = _numbers(version), _numbers(hole.fixed_in)
    return bool(found) and found < fixed[: len(found)]


def _numbers(version: str) -> list[int]:
    """`v1.30.4-alpine` → [1, 30, 4]"""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return [int(each) for each in found[1].split(".")] if found else []
