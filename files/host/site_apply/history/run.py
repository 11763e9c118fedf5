"""One run of the history: makes a tree of each source that has changed, and then removes trees that are too old."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Optional

from .config import History, Source
from .copying import copy_metadata
from .moments import all_series, moment_of, name_of, trees_in
from .pace import Pace
from .removal import measure, remove_tree
from .report import Report
from .space import Disk, Room
from .store import JUPYTER, SITE, State, Store, sync_folder
from .thinning import PROTECTED, kept
from .tree import Maker
from .walk import open_top, scan

# The most trees that one run removes for their age. It limits the duration of a run, and the damage that a wrong clock can do.
_MOST_REMOVED = 8


class Run:
    """
    A run over all sources.

    now: seconds since 1970. disk: measures the file system of the history. After run(), `report` says what was done.
    """

    def __init__(self, history: History, pace: Pace, now: float, disk: Callable[[], Disk]) -> None:
        self._history, self._pace, self._now = history, pace, now
        self._store = Store(history.folder)
        self.report = Report()
        self._state = self._store.state
        self._is_measured, self._is_unchanged = self._state.is_right, True
        self._room = Room(self._state.used, self._state.inodes, history.max_percent, disk, self._remove_oldest)

    def run(self) -> None:
        """
        Makes the run. The caller must hold the lock turn.RUN.

        Throws Interrupted if the pace says that the run must stop. The next run then cleans up.
        """
        try:
            self._repair()
            for source in self._history.sources:
                self._save(source)
            self._thin()
        finally:
            # The space that the trees use is also known after an interruption.
            self._keep_state(self._is_measured)

    def record_end(self, began: float, took: float) -> None:
        """Records when the run began (seconds since 1970), and how many seconds it took."""
        self._state.ended, self._state.took = began + took, took
        self._keep_state(self._is_measured)

    def _keep_state(self, is_right: bool) -> None:
        self._store.keep_state(State(self._room.used, self._room.inodes, is_right, self._state.ended, self._state.took))

    def _begin_change(self) -> None:
        """Is called before a tree is added or removed. If the run is killed afterwards, the next run measures the trees again."""
        if self._is_unchanged:
            self._is_unchanged = False
            self._keep_state(is_right=False)

    def _repair(self) -> None:
        """Removes trees that an earlier run did not finish making or removing, and measures the others if necessary."""
        for folder in self._store.leftovers():
            self._begin_change()
            remove_tree(folder, self._pace, self._freed)
        if not self._is_measured:
            trees = [tree for series in self._all_series() for tree in trees_in(series).values()]
            self._room.used, self._room.inodes = measure(trees, self._pace)
            self._is_measured = True

    def _save(self, source: Source) -> None:
        """Makes a tree of a source if it has changed. An error is reported and does not stop the run."""
        try:
            descriptor = open_top(source.path)
        except OSError:
            return  # The folder does not exist yet, or was removed. Its trees stay.
        try:
            self._save_if_changed(source, descriptor)
        except OSError as error:
            self.report.issues.append(f"the state of {source.at} could not be saved: {error.strerror}.")
        finally:
            os.close(descriptor)

    def _save_if_changed(self, source: Source, descriptor: int) -> None:
        without = frozenset(source.without)
        series = self._store.folder / source.at
        name, known = self._store.record_of(source.at)
        before = _open(series / name) if name else None
        try:
            if before is None:
                known = {}
            found = scan(descriptor, without, self._pace)
            if found == known or (before is None and not found[""].stamps):
                return
            if self._room.make_room(0):
                self._make(source, descriptor, Maker(before, known, without, self._pace, self._room))
            else:
                self.report.issues.append(f"there is no space for another state of {source.at}.")
        finally:
            if before is not None:
                os.close(before)

    def _make(self, source: Source, descriptor: int, maker: Maker) -> None:
        series = self._store.folder / source.at
        name = name_of(self._now, series)
        new = self._store.work / f"new-{source.at.replace('/', '~')}"
        self._begin_change()
        new.mkdir()
        tree = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
        try:
            maker.copy(descriptor, tree)
            copy_metadata(os.fstat(descriptor), tree)
            # File browsers sort by this time.
            os.utime(tree, (self._now, self._now))
            self._store.place(new, tree, source.at, name, maker.record)
        finally:
            os.close(tree)
        self.report.made.append(source.at)
        self.report.left_out += maker.left_out

    def _thin(self) -> None:
        """Removes trees that are too old, the oldest first."""
        too_old = []
        for series in self._all_series():
            trees = trees_in(series)
            stays = kept(trees, self._history.keep)
            too_old += [tree for moment, tree in trees.items() if moment not in stays]
        for tree in sorted(too_old, key=lambda tree: moment_of(tree.name))[:_MOST_REMOVED]:
            self._remove(tree)

    def _remove_oldest(self) -> bool:
        """Removes the oldest tree that is not protected, to free space. Returns False if there is none."""
        oldest = None
        for series in self._all_series():
            trees = trees_in(series)
            stays = kept(trees, PROTECTED)
            for moment, tree in trees.items():
                if moment not in stays and (oldest is None or moment < moment_of(oldest.name)):
                    oldest = tree
        if oldest is None:
            return False
        self._remove(oldest)
        return True

    def _all_series(self) -> list[Path]:
        return [series for part in (JUPYTER, SITE) for series in all_series(self._store.folder / part)]

    def _remove(self, tree: Path) -> None:
        """Removes a tree. It is first moved away by one rename, so that users never see an incomplete tree."""
        old = self._store.work / f"old-{tree.parent.name}-{tree.name}"
        self._begin_change()
        os.rename(tree, old)
        sync_folder(tree.parent)
        remove_tree(old, self._pace, self._freed)
        self.report.removed += 1

    def _freed(self, size: int, inodes: int) -> None:
        self._room.add(-size, -inodes)


def _open(tree: Path) -> Optional[int]:
    try:
        return open_top(str(tree))
    except OSError:
        return None
