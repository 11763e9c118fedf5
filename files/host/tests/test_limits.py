"""Tests of the memory limits that follow from the machine's memory."""

from __future__ import annotations

from typing import Callable, Optional
from unittest import mock

from site_apply import docker, limits, machine
from site_apply.command import Result
from site_apply.docker import Engine
from site_apply.manifest import Manifest, MemoryShare, Service

from .support import HostTest, containers_of

MARIADB = Service("mariadb", memory_share=MemoryShare(320, 32))
JUPYTER = Service("jupyter", memory_beside_mib=450)
MANIFEST = Manifest(1, "abc", "lab", services=[Service("nginx"), MARIADB, JUPYTER])


class LimitsTest(HostTest):
    def on(self, memory_mib: int, work: Optional[Callable[[], object]] = None) -> list[tuple[str, ...]]:
        """What Docker is told on a machine with this memory. work: what tells it; by default the limits of memory."""
        asked: list[tuple[str, ...]] = []

        def act(*words: str) -> Result:
            asked.append(words)
            return Result(0, b"")

        engine = Engine("/nowhere", memory_mib << 20, 2, [])
        with mock.patch.object(docker, "engine", lambda: engine), mock.patch.object(docker, "act", act):
            if work:
                work()
            else:
                limits.limit_memory(containers_of("nginx", "mariadb", "jupyter"), MANIFEST)
        return asked

    def test_a_machine_that_boots_with_another_type_sets_the_limits_of_the_running_release(self) -> None:
        containers = containers_of("nginx", "mariadb", "jupyter")
        with mock.patch.object(docker.Project, "snapshot", lambda _: containers), mock.patch.object(machine, "check"):
            with mock.patch.object(limits, "manifest_of", lambda _: MANIFEST):
                asked = self.on(8192, lambda: limits.set_again(self.layout))
        self.assertEqual([words[-1] for words in asked], ["mariadb-1", "jupyter-1"])
        self.assertIn("7742m", asked[1])

    def test_a_machine_without_a_site_sets_no_limits(self) -> None:
        with mock.patch.object(machine, "check"):
            self.assertEqual(limits.set_again(self.layout), 0)

    def test_a_small_machine_gives_the_database_its_minimum(self) -> None:
        self.assertEqual(
            self.on(966),
            [
                ("update", "--memory", "320m", "--memory-swap", "640m", "mariadb-1"),
                ("update", "--memory", "516m", "--memory-swap", "580m", "jupyter-1"),
            ],
        )

    def test_a_large_machine_gives_the_database_a_share_and_notebooks_the_rest(self) -> None:
        self.assertEqual(
            self.on(65536),
            [
                ("update", "--memory", "2048m", "--memory-swap", "4096m", "mariadb-1"),
                ("update", "--memory", "62260m", "--memory-swap", "124520m", "jupyter-1"),
            ],
        )
