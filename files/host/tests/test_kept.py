"""Tests of the releases that stay for a rollback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from unittest import mock

from site_apply import docker, images, kept, rollback_to
from site_apply.command import Result
from site_apply.errors import Refusal
from site_apply.layout import link
from site_apply.manifest import Image, Manifest, Service
from site_apply.prune import point_at_previous, prune_releases

from .support import HostTest


def manifest(release: str, image: str = "site/web:1") -> Manifest:
    return Manifest(1, release, "lab", images=[Image(image, 100)])


class KeptTest(HostTest):
    """`images`: the ids of the images on this machine, by reference."""

    def setUp(self) -> None:
        super().setUp()
        self.images: dict[str, str] = {}
        self.untagged: set[str] = set()
        self.removed: list[str] = []
        patch = mock.patch.object(docker, "run", self.run_docker)
        patch.start()
        self.addCleanup(patch.stop)
        self.layout.incoming.mkdir()

    def run_docker(self, argv: Sequence[str], **_: Any) -> Result:
        words = list(argv[1:])
        if words[:2] == ["image", "inspect"] and "RepoTags" in words[3]:
            tags = [reference for reference, id_ in self.images.items() if id_ == words[4]]
            return Result(0 if tags or words[4] in self.untagged else 1, "".join(tags).encode())
        if words[:2] == ["image", "inspect"]:
            found = [self.images[each] for each in words[4:] if each in self.images]
            return Result(0 if len(found) == len(words[4:]) else 1, "\n".join(found).encode())
        if words[:2] == ["image", "rm"]:
            self.removed.append(words[2])
            self.images.pop(words[2], None)
        return Result(0)

    def release(self, name: str, image: str = "site/web:1", id_: str = "") -> set[str]:
        """What a release leaves behind. id_: of its image."""
        before = self.layout.current.readlink() if self.layout.current.is_symlink() else ""
        self.images[image] = id_ or f"id-{image}"
        self.write(f"releases/{name}/compose.yaml", f"files/web/f-{name}\n")
        self.write(
            f"releases/{name}/release.json",
            json.dumps(
                {
                    "version": 1,
                    "release": name,
                    "project": "lab",
                    "images": [{"reference": image, "size_mib": 100}],
                }
            ),
        )
        self.write(f"files/web/f-{name}/conf")
        link(f"releases/{name}", self.layout.current)
        point_at_previous(self.layout, name, str(before))
        unneeded = kept.remember(self.layout, manifest(name, image), True)
        prune_releases(self.layout)
        return unneeded

    def names(self) -> list[str]:
        return [each.release for each in kept.read(self.layout).releases]

    def test_the_last_five_stay_in_the_order_of_their_releases_with_their_files(self) -> None:
        for name in "abcdefg":
            self.release(name)
        self.assertEqual(self.names(), list("cdefg"))
        self.assertEqual(sorted(each.name for each in (self.root / "files/web").iterdir()), [f"f-{name}" for name in "cdefg"])

    def test_the_clock_does_not_matter(self) -> None:
        for name, now in (("a", "2026-11-28"), ("b", "2025-11-28"), ("c", "2025-11-29")):
            with mock.patch.object(kept, "_now", lambda now=now: now):
                self.release(name)
        self.assertEqual(self.names(), list("abc"))

    def test_a_release_that_is_repeated_becomes_the_newest(self) -> None:
        for name in "abca":
            self.release(name)
        self.assertEqual(self.names(), list("bca"))

    def test_the_previous_release_of_an_earlier_version_of_this_program_is_known(self) -> None:
        for name in "ab":
            self.release(name)
        (self.layout.releases / "kept.json").unlink()
        self.assertEqual(self.names(), list("ab"))
        self.release("c")
        self.assertEqual(self.names(), list("bc"))

    def test_a_first_release_that_was_killed_is_not_one_that_ran(self) -> None:
        self.layout.releases.mkdir()
        kept.begin(self.layout)
        self.write("releases/a/compose.yaml")
        link("releases/a", self.layout.current)
        self.release("b")
        self.assertEqual(self.names(), ["b"])

    def test_a_damaged_list_is_as_none(self) -> None:
        for name in "ab":
            self.release(name)
        (self.layout.releases / "kept.json").write_text('{"releases": [{"rel')
        self.assertEqual(self.names(), list("ab"))

    def test_the_image_of_a_moving_tag_stays_until_no_kept_release_ran_with_it(self) -> None:
        unneeded = [self.release(name, id_=f"id-{name}") for name in "abcdef"]
        self.assertEqual(unneeded, [set(), set(), set(), set(), set(), {"id-a"}])

    def test_an_image_is_removed_by_its_id_unless_a_tag_names_it(self) -> None:
        self.images["site/web:1"] = "id-tagged"
        self.untagged.add("id-untagged")
        images.remove_untagged(["id-tagged", "id-untagged", "id-gone"])
        self.assertEqual(self.removed, ["id-untagged"])

    def test_a_disk_without_space_takes_the_oldest_that_frees_something(self) -> None:
        self.release("a", "site/web:1")
        self.release("b", "site/web:2")
        self.release("c", "site/web:2")
        self.release("d", "site/web:3")
        self.layout.pulled.write_text("site/web:1\nsite/web:2\nsite/web:3\n")
        free = iter([100, 300, 500])
        with mock.patch.object(images, "free_mib", lambda: next(free)):
            self.assertEqual(images._make_space(self.layout, 400), 300)
        self.assertEqual(self.names(), list("bcd"))
        self.assertEqual(self.removed, ["site/web:1"])
        self.assertIn("Release a was removed, because the disk needs its space", self.output)

    def test_neither_the_running_nor_the_previous_release_is_taken(self) -> None:
        self.release("a", "site/web:1")
        self.release("b", "site/web:2")
        with mock.patch.object(images, "free_mib", lambda: 0):
            self.assertEqual(images._make_space(self.layout, 400), 0)
        self.assertEqual(self.names(), list("ab"))

    def test_a_release_that_is_not_there_is_refused_with_those_that_are(self) -> None:
        for name in "ab":
            self.release(name)
        with self.assertRaisesRegex(Refusal, "^Release x is not on this machine. Nothing was changed. These are: a b$"):
            kept.read(self.layout).find("x")

    def test_the_next_release_ends_a_rollback(self) -> None:
        for name in "ab":
            self.release(name)
        kept.note_rollback(self.layout, "b", "a")
        self.assertIsNotNone(kept.read(self.layout).rolled_back)
        self.release("b")
        self.assertIsNone(kept.read(self.layout).rolled_back)


class OlderDatabaseTest(HostTest):
    def refused(self, now: str, then: str) -> bool:
        def with_image(image: str) -> Manifest:
            return Manifest(1, "old", "lab", services=[Service("mariadb", image=image, dump=["dump"])])

        try:
            rollback_to._refuse_older_database(with_image(now), with_image(then))
        except Refusal as refusal:
            self.assertIn("mariadb 11.4, and its files have been upgraded to 11.8, which no older series can read", str(refusal))
            return True
        return False

    def test_an_older_series_is_refused(self) -> None:
        server = "docker.io/library/mariadb"
        self.assertTrue(self.refused(f"{server}:11.8", f"{server}:11.4"))
        self.assertTrue(self.refused(f"{server}:11.8.3@sha256:0123", "127.0.0.1:5000/mariadb:11.4.9"))
        self.assertFalse(self.refused(f"{server}:11.8", f"{server}:11.8.2"))
        self.assertFalse(self.refused(f"{server}:11.8", f"{server}:12.0"))
        self.assertFalse(self.refused(f"{server}:11.8", ""))
