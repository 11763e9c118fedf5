"""
The homes of people. Each is a folder, with a folder `work` for notebooks in it. People control what is in their home, so nothing
here follows a link in it.
"""

from __future__ import annotations

import os
from pathlib import Path

from .definition import Definition
from .words import Refused

# In the folder of all homes: the name of the person who has the home of Jupyter for all.
_FIRST = ".first"


class Homes:
    def __init__(self, definition: Definition, folder: Path, first: Path) -> None:
        """folder: where this container has the folder of all homes. first: where it has the home of Jupyter for all."""
        self._definition, self._folder, self._first = definition, folder, first

    def prepare(self, name: str) -> str:
        """Makes the home of a person. Returns the folder on the host. Throws Refused."""
        is_first, home, on_host = self.place_of(name)
        try:
            if not is_first:
                _make(os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY), name, self._definition.owner)
            _make(os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW), "work", self._definition.owner)
        except OSError as error:
            raise Refused("folder", said=error.strerror, folder=on_host) from error
        return on_host

    def place_of(self, name: str) -> tuple[bool, Path, str]:
        """Whether a person has the home of Jupyter for all; the person's home in this container, and on the host."""
        if self._definition.first and name == self._first_person():
            return True, self._first, self._definition.first[1]
        return False, self._folder / name, f"{self._definition.homes}/{name}"

    def _first_person(self) -> str:
        """
        Who has the home of Jupyter for all: the first person of the allow list when the first server started. It stays this person
        when the list changes, because the home holds this person's work.
        """
        record = self._folder / _FIRST
        if not record.exists():
            new = self._folder / f"{_FIRST}.new"
            new.write_text(self._definition.first[0] if self._definition.first else "")
            new.replace(record)
        return record.read_text()


def _make(around: int, name: str, owner: tuple[int, int]) -> None:
    """Makes a folder in an open folder, which it closes. A folder that Docker made for a mount gets its owner."""
    try:
        try:
            os.mkdir(name, 0o700, dir_fd=around)
        except FileExistsError:
            pass
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
        try:
            if os.fstat(folder).st_uid == 0 and owner[0] != 0:
                os.fchown(folder, *owner)
        finally:
            os.close(folder)
    except NotADirectoryError:
        # People may put a link or a file there. Their server then says what is wrong.
        pass
    finally:
        os.close(around)
