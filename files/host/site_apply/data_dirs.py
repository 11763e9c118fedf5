"""Creates the data folders, with their owners. Existing content is never changed."""

from __future__ import annotations

import os
from pathlib import Path

from . import app_dirs
from .docker import Project
from .errors import Refusal
from .layout import Layout
from .machine import am_root, user_name
from .manifest import Manifest

_ANOTHER_ONE = "another one (pulumi config set notebooks ~/notebooks)"


def make(layout: Layout, project: Project, manifest: Manifest) -> None:
    """Creates the data folders of a release. Throws Refusal."""
    for service in manifest.services:
        for folder in service.folders:
            if service.user:
                _make_for_user(Path(folder.path), service.user)
            else:
                app_dirs.make(layout, project, manifest, service.image, Path(folder.path))
    for service in manifest.services:
        for folder in service.folders:
            for inner in folder.inner:
                app_dirs.make_inner(manifest, service.image, Path(folder.path), inner)


def make_folder(folder: Path) -> None:
    """Creates a folder and its parents, which all users can read. Throws OSError."""
    before = os.umask(0o022)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    finally:
        os.umask(before)


def _make_for_user(folder: Path, owner: str) -> None:
    me = user_name()
    try:
        make_folder(folder)
    except OSError as error:
        raise Refusal(
            f"The folder {folder} cannot be created by {me}. Nothing was changed. Name {_ANOTHER_ONE}, and run pulumi up again."
        ) from error
    if am_root():
        _give(folder, owner)
    elif not os.access(folder, os.W_OK):
        # Notebooks run as this user and may have removed the permissions. That must not make a release fail.
        try:
            folder.chmod(folder.stat().st_mode & 0o7777 | 0o700)
        except OSError as error:
            raise Refusal(
                f"The folder {folder} cannot be written to by {me}, so nothing could be saved. Nothing was changed. Give it to"
                f" them: sudo chown -R {me} '{folder}', or name {_ANOTHER_ONE}; then run pulumi up again."
            ) from error


def _give(folder: Path, owner: str) -> None:
    """Gives an empty folder to its user. If it is a symbolic link, the target gets the owner. Throws Refusal if it has content."""
    uid, gid = (int(number) for number in owner.split(":"))
    if folder.stat().st_uid == uid:
        return
    # Empty folders inside it do not count, because they are mount points of other folders.
    if any(names for _, _, names in os.walk(folder)) or _has_links(folder):
        raise Refusal(
            f"The folder {folder} belongs to another user than the one that writes to it (number {uid}), so nothing could be saved."
            f" Nothing was changed. Give it to them: chown -R {owner} '{folder}', and run pulumi up again."
        )
    os.chown(folder, uid, gid)


def _has_links(folder: Path) -> bool:
    return any(os.path.islink(os.path.join(around, name)) for around, names, _ in os.walk(folder) for name in names)
