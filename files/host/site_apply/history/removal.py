"""Removes trees, and measures the space that they use."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Callable

from .pace import Pace
from .tree import FOLDER_SIZE

# Called for each removed file or folder with the number of bytes and inodes that this frees.
Freed = Callable[[int, int], None]


def remove_tree(folder: Path, pace: Pace, freed: Freed) -> None:
    """Removes a tree. Removing a file that is also in other trees frees nothing."""
    around = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _remove_folder(folder.name, around, pace, freed)
    finally:
        os.close(around)


def _remove_folder(name: str, around: int, pace: Pace, freed: Freed) -> None:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
    try:
        # Only root can remove files from a folder whose mode forbids writing. Any other user must change the mode first.
        os.fchmod(folder, 0o700)
        with os.scandir(folder) as found:
            names = [(each.name, each.is_dir(follow_symlinks=False)) for each in found]
        for inner, is_folder in names:
            if is_folder:
                _remove_folder(inner, folder, pace, freed)
                continue
            state = os.stat(inner, dir_fd=folder, follow_symlinks=False)
            os.unlink(inner, dir_fd=folder)
            if state.st_nlink == 1:
                freed(state.st_blocks * 512, 1)
            pace.step(folder)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=around)
    freed(FOLDER_SIZE, 1)


def measure(trees: Iterable[Path], pace: Pace) -> tuple[int, int]:
    """The bytes and inodes that trees use together. A file that several trees have counts once."""
    size = inodes = 0
    seen: set[int] = set()
    for tree in trees:
        for around, folders, files in os.walk(tree):
            size += FOLDER_SIZE
            inodes += 1
            for path in (os.path.join(around, name) for name in files + folders):
                state = os.lstat(path)
                pace.step()
                if stat.S_ISDIR(state.st_mode) or state.st_ino in seen:
                    continue
                if state.st_nlink > 1:
                    seen.add(state.st_ino)
                size += state.st_blocks * 512
                inodes += 1
    return size, inodes
