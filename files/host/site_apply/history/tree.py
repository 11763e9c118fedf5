"""Makes a tree of one source."""

from __future__ import annotations

import os
from typing import Optional

from .copying import copy_file, copy_link, copy_metadata
from .pace import Pace
from .space import Room
from .walk import Entry, Record, Seen, below, entries, opened

# Bytes that a folder itself uses on the disk.
FOLDER_SIZE = 4096


class Maker:
    """
    Makes a tree: copies a folder with owners, modes and times.

    An unchanged file becomes a hard link to the same file in the previous tree. It is never linked to the original file: then the
    file's owner could change the tree.

    before: descriptor of the previous tree; None for the first tree. known: the record of that tree. without: paths that are left
    out. After copy(), `record` is the record of the new tree, and `left_out` lists the files for which there was no space.
    """

    def __init__(self, before: Optional[int], known: Record, without: frozenset[str], pace: Pace, room: Room) -> None:
        self._before, self._known, self._without = before, known, without
        self._paths = {seen.inode: path for path, seen in known.items()}
        self._pace, self._room = pace, room
        self.record: Record = {}
        self.left_out: list[str] = []

    def copy(self, source: int, target: int, path: str = "") -> None:
        """
        Copies the content of the open folder `source` into the open folder `target`.

        path: the folder's path relative to the source's top folder, which is empty for the top folder itself.
        """
        seen = self.record[path] = Seen(os.fstat(source).st_ino)
        self._room.add(FOLDER_SIZE, 1)
        # The inode identifies a folder that was moved.
        path_before = path if path in self._known else self._paths.get(seen.inode, path)
        stamps_before = self._known[path_before].stamps if path_before in self._known else {}
        folders = []
        for entry in entries(source, path, self._without):
            if entry.kind == "d":
                folders.append(entry)
                continue
            is_known = stamps_before.get(entry.name) == entry.stamp
            if is_known and self._link(below(path_before, entry.name), entry.name, target):
                seen.stamps[entry.name] = entry.stamp
            else:
                stamp = self._copy_one(entry, source, target, path)
                if stamp:
                    seen.stamps[entry.name] = stamp
            self._pace.step(target)
        for entry in folders:
            if self._copy_folder(entry, source, target, path):
                seen.stamps[entry.name] = entry.stamp

    def _copy_folder(self, entry: Entry, source: int, target: int, path: str) -> bool:
        """Copies a folder. Returns False if it was removed meanwhile, or cannot be read."""
        try:
            with opened(entry.name, source) as inner:
                os.mkdir(entry.name, 0o700, dir_fd=target)
                with opened(entry.name, target) as copy:
                    self.copy(inner, copy, below(path, entry.name))
                    copy_metadata(os.fstat(inner), copy)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return False
        return True

    def _link(self, before: str, name: str, target: int) -> bool:
        """Links a file of the previous tree into the new tree. Returns False if that is not possible, so that it must be copied."""
        if self._before is None:
            return False
        try:
            os.link(before, name, src_dir_fd=self._before, dst_dir_fd=target, follow_symlinks=False)
        except OSError:
            return False  # The previous tree had no space for the file, the file has too many links, or the path is too long.
        return True

    def _copy_one(self, entry: Entry, source: int, target: int, path: str) -> str:
        """Copies a file or a symbolic link. Returns its stamp; empty if it was removed meanwhile, or cannot be read."""
        try:
            if entry.kind == "l":
                copied, stamp = copy_link(entry, source, target), entry.stamp
            elif self._room.make_room(min(entry.found.st_size, entry.found.st_blocks * 512)):
                copied, stamp = copy_file(entry, source, target, self._pace)
            else:
                self.left_out.append(below(path, entry.name))
                # With its stamp, this file alone does not cause another tree.
                return entry.stamp
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return ""
        self._room.add(copied.st_blocks * 512, 1)
        return stamp
