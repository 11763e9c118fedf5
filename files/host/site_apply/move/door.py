"""Closes the door of a site during a move: nginx then shows nothing but a page, also after a restart."""

from __future__ import annotations

import re
from pathlib import Path

from .. import activate
from ..data_dirs import make_folder
from ..docker import Project
from ..errors import NotStarted, Refusal
from ..layout import Layout, remove
from ..manifest import Manifest
from . import record

# Pages of files/services/nginx/closedPages.ts.
MOVING, MOVED, ARRIVING = "moving", "moved", "arriving"
# nginx includes this folder, which is beside the versions of its files. So no release replaces it.
_FOLDER = "closed"


def close(layout: Layout, manifest: Manifest, project: Project, page: str, url: str) -> None:
    """Shows a page to everybody. url: the address of the other site. Throws Refusal if nginx does not load it."""
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?", url):
        raise Refusal(f"The URL of the other site is not understood: {url}")
    for folder in _folders(layout, manifest):
        make_folder(folder)
        folder.chmod(0o755)
        new = folder / "door.new"
        new.write_text(f'set $other_site "{url}";\ninclude /site/current/closed/{page}.conf;\n', "utf-8")
        new.chmod(0o644)
        new.replace(folder / "door.conf")
    _forget_loaded(layout, manifest)
    containers = project.snapshot()
    try:
        activate.reload(layout, containers, containers.running)
    except NotStarted as error:
        raise Refusal("nginx did not load the page about the move (see above). Run the command again.") from error


def clear(layout: Layout, manifest: Manifest) -> None:
    """Removes the page. It disappears when nginx is reloaded, which the next start of the release does."""
    for folder in _folders(layout, manifest):
        remove(folder)
    _forget_loaded(layout, manifest)


def forget_ended_move(layout: Layout, manifest: Manifest) -> None:
    """For a release: a site whose move has ended belongs to its stack again."""
    if record.read(manifest).state:
        clear(layout, manifest)
        record.remove(manifest)


def _folders(layout: Layout, manifest: Manifest) -> list[Path]:
    return [layout.files / each.name / _FOLDER for each in manifest.services if each.reload]


def _forget_loaded(layout: Layout, manifest: Manifest) -> None:
    for each in manifest.services:
        if each.reload:
            (layout.files / each.name / ".loaded").unlink(missing_ok=True)
