"""The releases stored on this machine, and their manifests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from . import legacy
from .errors import Refusal
from .layout import Layout
from .manifest import Manifest, ManifestError, read_manifest
from .typed_json import NotUnderstood
from .verify import hashes

FILE = "release.json"


def manifest_of(folder: Path) -> Optional[Manifest]:
    """
    The manifest of the release in a folder; None if there is none. Also reads releases of earlier versions. Throws Refusal if it is
    not understood.
    """
    try:
        if (folder / FILE).is_file():
            return read_manifest(Manifest, folder / FILE, strict=False)
        if (folder / legacy.HEADER).is_file():
            return legacy.read_header(folder / legacy.HEADER)
    except (ManifestError, NotUnderstood, IndexError, KeyError, ValueError) as error:
        raise Refusal(
            f"The release in {folder} is not understood ({error}). Nothing was changed."
            " It may come from a newer version of this program: run pulumi up again with that version."
        ) from error
    return None


def keep(layout: Layout, release: str) -> None:
    """Stores compose.yaml and the manifest of the release that has arrived."""
    folder = layout.releases / release
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("compose.yaml", FILE):
        shutil.copyfile(layout.incoming / name, folder / name)
    hashes.keep(layout, folder)
