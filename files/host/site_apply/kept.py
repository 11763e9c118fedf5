"""The last releases that ran here, which stay for `site-apply rollback`: which ones, since when, and with which images."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Optional

from . import docker
from .errors import Refusal
from .layout import Layout, remove, target_of
from .manifest import Manifest
from .releases import manifest_of

# How many releases stay, with the running one.
KEPT = 5


@dataclass(frozen=True)
class Kept:
    """
    A release that ran here.

    since: when it was released, in UTC; empty for one of an earlier version of this program. images: the id of each image that it
    ran with, by reference.
    """

    release: str
    since: str = ""
    images: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RolledBack:
    """What `site-apply rollback` did since the last release. at: when, in UTC."""

    origin: str
    to: str
    at: str


@dataclass(frozen=True)
class History:
    """releases: the newest last. The clock may be wrong, so the order counts, not the times."""

    releases: list[Kept] = field(default_factory=list)
    rolled_back: Optional[RolledBack] = None

    def find(self, release: str) -> Kept:
        """Throws Refusal if the release is not there any more."""
        found = next((each for each in self.releases if each.release == release), None)
        if found:
            return found
        names = " ".join(each.release for each in self.releases)
        raise Refusal(f"Release {release} is not on this machine. Nothing was changed. These are: {names or 'none'}")


def read(layout: Layout) -> History:
    """The releases whose folders are still there."""
    try:
        text = json.loads(_file(layout).read_text("utf-8"))
        releases = [Kept(**each) for each in text["releases"]]
        rolled_back = RolledBack(**text["rolled_back"]) if text["rolled_back"] else None
    except (OSError, ValueError, KeyError, TypeError):
        # An earlier version of this program wrote no list.
        releases = [Kept(name) for name in (_name(layout.previous), _name(layout.current)) if name]
        rolled_back = None
    return History([each for each in releases if (layout.releases / each.release).is_dir()], rolled_back)


def begin(layout: Layout) -> None:
    """Starts an empty list on a machine without a release, so that a first release that is killed is not taken for one that ran."""
    if not _file(layout).exists():
        _write(layout, History())


def remember(layout: Layout, manifest: Manifest, are_new: bool) -> set[str]:
    """
    Makes a release the newest one. The oldest ones are forgotten, but not the previous one. Returns the ids of images that only the
    forgotten ones had.

    are_new: whether the release may run with other images than before.
    """
    history = read(layout)
    last = history.releases[-1] if history.releases else None
    if last and last.release == manifest.release and last.since and not are_new and not history.rolled_back:
        return set()  # Nothing has changed, so Docker is not asked.
    images = docker.image_ids(image.reference for image in manifest.images)
    others = [each for each in history.releases if each.release != manifest.release]
    newest = others[-(KEPT - 1) :]
    stays = [each for each in others if each in newest or each.release == _name(layout.previous)]
    _write(layout, History([*stays, Kept(manifest.release, _now(), images)]))
    return _ids(history.releases) - _ids(stays) - set(images.values())


def ids(layout: Layout) -> set[str]:
    """Ids of the images of all kept releases."""
    return _ids(read(layout).releases)


def note_rollback(layout: Layout, origin: str, to: str) -> None:
    history = read(layout)
    _write(layout, History(history.releases, RolledBack(origin, to, _now())))


def forget_oldest(layout: Layout) -> Optional[Kept]:
    """
    Forgets the oldest release with images of its own, and returns it with only these. None if there is none, except for the running
    and the previous release.
    """
    history = read(layout)
    needed = {_name(layout.current), _name(layout.previous), _name_in(layout.incoming)}
    for each in history.releases:
        others = [other for other in history.releases if other is not each]
        own = {reference: id_ for reference, id_ in each.images.items() if id_ not in _ids(others)}
        if each.release not in needed and own:
            _write(layout, History(others, history.rolled_back))
            remove(layout.releases / each.release)
            return replace(each, images=own)
    return None


def _ids(releases: Iterable[Kept]) -> set[str]:
    """Ids of the images of releases."""
    return {id_ for each in releases for id_ in each.images.values()}


def _name_in(folder: Path) -> str:
    manifest = manifest_of(folder)
    return manifest.release if manifest else ""


def _name(link: Path) -> str:
    """The release at which a link points; empty if it does not exist."""
    return Path(target_of(link)).name


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _file(layout: Layout) -> Path:
    return layout.releases / "kept.json"


def _write(layout: Layout, history: History) -> None:
    new = _file(layout).with_suffix(".new")
    new.write_text(json.dumps(asdict(history), indent=2) + "\n", "utf-8")
    new.replace(_file(layout))
