from __future__ import annotations

import os

from site_apply.layout import link, target_of
from site_apply.prune import point_at_previous, prune_releases

from .support import HostTest


class PruneReleasesTest(HostTest):
    def test_keeps_everything_that_the_running_and_the_previous_release_name(self) -> None:
        for release, files in (("one", "f1"), ("two", "f2"), ("three", "f3")):
            self.write(f"releases/{release}/compose.yaml", f"files/web/{files}\n")
            self.write(f"files/web/{files}/conf", f"reads secrets k-{release}\n")
            self.write(f"secrets/web/k-{release}/key")
        link("f3", self.root / "files/web/current")
        self.write("files/web/.loaded", "f1 c0ffee\n")
        link("releases/one", self.layout.previous)
        link("releases/three", self.layout.current)
        point_at_previous(self.layout, "three", "releases/two")
        prune_releases(self.layout)
        self.assertEqual(target_of(self.layout.previous), "releases/two")
        self.assertEqual(sorted(os.listdir(self.layout.releases)), ["three", "two"])
        self.assertEqual(sorted(os.listdir(self.root / "files/web")), [".loaded", "current", "f2", "f3"])
        self.assertEqual(sorted(os.listdir(self.root / "secrets/web")), ["k-three", "k-two"])

    def test_keeps_files_with_which_a_server_of_a_person_runs(self) -> None:
        for version in ("f1", "f2"):
            self.write(f"files/jupyter/{version}/conf")
        self.write("releases/one/compose.yaml")
        link("releases/one", self.layout.current)
        prune_releases(self.layout, [f"{self.root}/files/jupyter/f2/pip.conf", "/srv/data/home"])
        self.assertEqual(os.listdir(self.root / "files/jupyter"), ["f2"])

    def test_changes_nothing_when_the_same_release_is_repeated(self) -> None:
        self.write("releases/one/compose.yaml")
        self.write("releases/two/compose.yaml")
        link("releases/one", self.layout.previous)
        point_at_previous(self.layout, "two", "releases/two")
        prune_releases(self.layout)
        self.assertEqual(target_of(self.layout.previous), "releases/one")
