from __future__ import annotations

import os

from site_apply import layout as folders

from .support import HostTest


class LayoutTest(HostTest):
    def test_a_link_is_changed_atomically(self) -> None:
        folders.link("releases/a", self.layout.current)
        os.symlink("left behind by a killed run", self.root / "current.new")
        folders.link("releases/b", self.layout.current)
        self.assertEqual(folders.target_of(self.layout.current), "releases/b")
        self.assertFalse((self.root / "current.new").is_symlink())

    def test_an_existing_folder_is_overwritten_and_not_replaced(self) -> None:
        held = self.write("files/web/a/x/damaged", "?\n").parent.parent.stat().st_ino
        self.write("incoming/web/a/x/damaged", "whole\n")
        self.write("incoming/web/a/new", "b\n")
        folders.place(self.root / "incoming/web/a", self.root / "files/web/a")
        self.assertEqual((self.root / "files/web/a").stat().st_ino, held)
        self.assertEqual((self.root / "files/web/a/x/damaged").read_text(), "whole\n")
        self.assertEqual((self.root / "files/web/a/new").read_text(), "b\n")
