"""The releases that lie on this machine, and what each says of itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from . import legacy
from .errors import Refusal
from .layout import Layout
from .manifest import Manifest, ManifestError, read_manifest
from .typed_json import NotUnderstood

FILE = "release.json"


def manifest_of(folder: Path) -> Optional[Manifest]:
    """What the release in a folder says, of an earlier version of this program too; nothing where there is none."""
    try:
        if (folder / FILE).is_file():
            return read_manifest(Manifest, folder / FILE, strict=False)
        if (folder / legacy.HEADER).is_file():
            return legacy.read_header(folder / legacy.HEADER)
    except (ManifestError, NotUnderstood, IndexError, KeyError, ValueError) as error:
        raise Refusal(
            f"The release in {folder} is not understood ({error}). Nothing was changed."
            " It may be of a newer version of this program: run pulumi up again with that version."
        ) from error
    return None


def keep(layout: Layout, release: str) -> None:
    """Keeps what has arrived as a release of its own."""
    folder = layout.releases / release
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("compose.yaml", FILE):
        shutil.copyfile(layout.incoming / name, folder / name)
