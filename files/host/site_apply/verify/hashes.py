"""
Records the content of folders that site-apply stores, so that a later change is found.

The record of files/nginx/ID is hashes/files/nginx/ID, in the form that `sha256sum --check` reads in that folder.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..layout import Layout, folders_in
from ..manifest import Manifest


@dataclass(frozen=True)
class Difference:
    """A file that differs from the record. what: `changed`, `added` or `removed`."""

    path: Path
    what: str


def record_of(layout: Layout, folder: Path) -> Path:
    """The record of a folder below that of the site."""
    return layout.hashes / folder.relative_to(layout.root)


def keep(layout: Layout, folder: Path) -> None:
    """Records the files of a folder."""
    file = record_of(layout, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.write_text("".join(f"{hash_}  {path}\n" for path, hash_ in sorted(hashes_in(folder).items())), "utf-8")
    new.replace(file)


def kept(layout: Layout, folder: Path) -> Optional[dict[str, str]]:
    """The recorded hash of each file, by its path below the folder. None without a record, as in an earlier version."""
    try:
        lines = record_of(layout, folder).read_text("utf-8").splitlines()
    except OSError:
        return None
    return {path: hash_ for hash_, _, path in (line.partition("  ") for line in lines)}


def hashes_in(folder: Path) -> dict[str, str]:
    """The hash of each file that is there now."""
    return {str(path.relative_to(folder)): _hash_of(path) for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def _hash_of(path: Path) -> str:
    data = f"link to {os.readlink(path)}".encode() if path.is_symlink() else path.read_bytes()
    return hashlib.sha256(data).hexdigest()


def compare(folder: Path, recorded: dict[str, str], found: dict[str, str]) -> list[Difference]:
    """The differences between the recorded and the present hashes of a folder."""
    by_path = {
        **{path: "removed" for path in recorded if path not in found},
        **{path: "added" for path in found if path not in recorded},
        **{path: "changed" for path, hash_ in found.items() if recorded.get(path, hash_) != hash_},
    }
    return [Difference(folder / path, what) for path, what in sorted(by_path.items())]


def differences(layout: Layout, manifest: Manifest) -> list[Difference]:
    """Every file of the running release that was changed."""
    found = []
    for folder in _in_use(layout, manifest):
        recorded = kept(layout, folder)
        if recorded is not None:
            found += compare(folder, recorded, hashes_in(folder))
    return found


def _in_use(layout: Layout, manifest: Manifest) -> list[Path]:
    """The folders of the running release. compose.yaml, the manifest and the files of a service that reloads name them."""
    release = layout.releases / manifest.release
    reloading = [layout.files / each.name / each.files for each in manifest.services if each.reload]
    names = "".join(
        file.read_text("utf-8", "replace") for folder in [release, *reloading] for file in folder.rglob("*") if file.is_file()
    )
    services = [*folders_in(layout.files), *folders_in(layout.secrets)]
    return [release, *(version for service in services for version in folders_in(service) if version.name in names)]
