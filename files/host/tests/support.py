"""Shared code of the tests."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from site_apply import log
from site_apply.containers import Listed, Snapshot
from site_apply.layout import Layout


def containers_of(*services: str, state: str = "running") -> Snapshot:
    """A snapshot with a container `<service>-1` for each service."""
    return Snapshot([Listed(f"{each}-1", state, each, frozenset(), each, False, "") for each in services])


class HostTest(unittest.TestCase):
    """A test with a site's folder. Collects the program's output."""

    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="jupyter-up-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "bin").mkdir()
        self.layout = Layout(self.root)
        self.said: list[str] = []
        write = log._write
        log._write = lambda descriptor, text: self.said.append(text)
        self.addCleanup(setattr, log, "_write", write)

    def write(self, path: str, text: str = "a\n") -> Path:
        """Writes a file below the site's folder."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    @property
    def output(self) -> str:
        return "".join(self.said)
