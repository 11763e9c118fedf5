"""Removes old releases and their files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from . import kept, times
from .command import TIMED_OUT
from .layout import Layout, folders_in, link, remove, target_of
from .log import say
from .manifest import Manifest
from .privileged import as_root
from .verify.hashes import record_of


def point_at_previous(layout: Layout, release: str, previous: str) -> None:
    """previous: former target of the link `current`; empty before the first release."""
    if previous and previous != f"releases/{release}":
        link(previous, layout.previous)


def prune_releases(layout: Layout, mounted: Iterable[str] = ()) -> None:
    """
    Removes everything that no kept release uses. The links may name one that was killed before it ran.

    mounted: folders that servers of people mount. Such a server goes on with the files of an earlier release.
    """
    names = {each.release for each in kept.read(layout).releases}
    names |= {Path(target_of(each)).name for each in (layout.current, layout.previous)}
    for folder in folders_in(layout.releases):
        if folder.name not in names:
            remove(folder)
            remove(record_of(layout, folder))
    # Unused files are removed before unused secrets, because files may name secrets, too.
    for kind in (layout.files, layout.secrets):
        versions = [version for service in folders_in(kind) for version in folders_in(service)]
        named = _named_in({version.name for version in versions}, layout.releases, layout.files)
        named |= {part for path in mounted for part in Path(path).parts}
        for version in versions:
            if version.name not in named:
                remove(version)
                remove(record_of(layout, version))


def _named_in(names: set[str], *folders: Path) -> set[str]:
    """The names that occur in any file below the folders."""
    found: set[str] = set()
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink() and file.name != ".loaded":
                text = file.read_bytes()
                found.update(name for name in names - found if name.encode() in text)
    return found


def purge(manifest: Manifest) -> None:
    """Removes the data of former apps that the setting purge lists."""
    for each in manifest.purge:
        folder = Path(each.folder)
        if not re.fullmatch("[a-z0-9-]+", each.app) or folder.name != each.app or not folder.is_dir():
            continue
        result = as_root(manifest, folder.parent, "rm", "-rf", each.app, within=times.REMOVED_WITHIN)
        if result.ok:
            say(f"The data of {each.app} was removed, as the setting purge says ({folder}).")
        elif result.code == TIMED_OUT:
            say(
                f"The data of {each.app} could not be removed ({folder}): it took more than {times.REMOVED_WITHIN} seconds."
                f" Remove the rest: sudo rm -rf '{folder}'"
            )
        else:
            say(f"The data of {each.app} could not be removed ({folder}).")
