"""The folders and links of a site, and functions that change them."""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Optional


@dataclass(frozen=True)
class Layout:
    """The folder of a site's generated files. Data that outlive the site are elsewhere."""

    root: Path

    @property
    def current(self) -> Path:
        """Link to the folder of the running release."""
        return self.root / "current"

    @property
    def previous(self) -> Path:
        """Link to the folder of the release before it."""
        return self.root / "previous"

    @property
    def incoming(self) -> Path:
        """The files that have just arrived."""
        return self.root / "incoming"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def reserve(self) -> Path:
        """Files that a release creates and removes; see space.reserve."""
        return self.root / "reserve"

    @property
    def units(self) -> Path:
        """Copies of the site's systemd units, which identify the installed ones."""
        return self.root / "units"

    @property
    def pulled(self) -> Path:
        """References of the images that the site pulled, one per line. Only these may be removed."""
        return self.root / "pulled"

    @property
    def hashes(self) -> Path:
        """Hashes of the files in the folders above, by which a change by hand is found."""
        return self.root / "hashes"

    @property
    def changed(self) -> Path:
        """Names of services whose files had been changed by hand, one per line. The release recreates or reloads them."""
        return self.root / "changed"

    @property
    def reboots(self) -> Path:
        """What one night's run leaves to the next one, and to the check after the reboot; see reboots/record.py."""
        return self.root / "reboots.json"

    @property
    def program(self) -> Path:
        return self.root / "bin" / "site-apply"


def target_of(link: Path) -> str:
    """Target of a link; empty if it does not exist."""
    try:
        return os.readlink(link)
    except OSError:
        return ""


def link(target: str, path: Path) -> None:
    """Points a link at a new target, atomically."""
    new = path.with_name(f"{path.name}.new")
    remove(new)
    os.symlink(target, new)
    os.replace(new, path)


def remove(path: Path) -> None:
    """Removes a file, a link or a folder with its content, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, without links; empty if it does not exist."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())


def place(source: Path, target: Path, owner: Optional[tuple[int, int]] = None) -> bool:
    """
    Moves a folder to its place and sets its owner (UID, GID). Returns whether the files of an existing folder had been changed.

    The files of an existing folder are overwritten one by one, and others in it are removed. The folder itself is not replaced,
    because a running container may have it mounted.
    """
    if owner:
        for path in [source, *source.rglob("*")]:
            os.chown(path, *owner)
    if target.is_dir():
        return _write_over(source, target)
    os.rename(source, target)
    return False


def _write_over(source: Path, target: Path) -> bool:
    was_changed = False
    for old in sorted(target.rglob("*"), reverse=True):
        new = source / old.relative_to(target)
        if not new.exists() or old.is_symlink() or old.is_dir() != new.is_dir():
            remove(old)
            was_changed = True
    for new in sorted(source.rglob("*")):
        old = target / new.relative_to(source)
        if new.is_dir():
            old.mkdir(exist_ok=True)
        elif not old.is_file() or not filecmp.cmp(new, old, shallow=False):
            shutil.copyfile(new, old)
            was_changed = True
        _copy_metadata(new, old)
    _copy_metadata(source, target)
    return was_changed


def _copy_metadata(new: Path, old: Path) -> None:
    wanted, found = new.stat(), old.stat()
    if os.geteuid() == 0 and (wanted.st_uid, wanted.st_gid) != (found.st_uid, found.st_gid):
        os.chown(old, wanted.st_uid, wanted.st_gid)
    os.chmod(old, wanted.st_mode & 0o7777)
