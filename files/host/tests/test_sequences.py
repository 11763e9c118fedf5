"""Random sequences of releases, rollbacks and faults against a model of the site."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional
from unittest import mock

from site_apply import __main__, archive, docker, kept, log, pace, space, times
from site_apply.layout import target_of

from .fake_docker import EXITS, FAILS, HANGS, KILLED, WORKS, FakeDocker, hash_of
from .support import HostTest

SEQUENCES = 200
STEPS = 2
PEOPLE = ["ann", "bob", "eve", "fay"]
# What must be in the output for what is wrong with a release.
CAUSES = {
    "exits": r"web stopped by itself\. Last lines of its log:\n    the last line of its log\n",
    "hangs": r"web does not answer after \d+ seconds\. Last lines of its log:\n    the last line of its log\n",
    "prepare fails": r"web: 'prepare' failed with exit code 7",
    "files are wrong": r"web refuses its new files.*It says: it is wrong",
    "no such image": r"The image site/web:missing could not be pulled\. Nothing was changed\..*manifest unknown",
    "engine stops": r"Cannot connect to the Docker daemon|Docker did not answer",
}
_WRITE = log._write
# Modules that start programs.
_RUN = ["docker", "compose_file", "images", "firewall", "units", "space", "commands", "privileged"]


@dataclass
class Release:
    """A release of the model. wrong: what is wrong with it; empty: nothing."""

    name: str
    allow: list[str]
    apps: list[str]
    image: str
    wrong: str = ""

    @property
    def compose(self) -> dict[str, Any]:
        does = {"exits": EXITS, "hangs": HANGS, "prepare fails": FAILS}.get(self.wrong, WORKS)
        check = FAILS if self.wrong == "files are wrong" else WORKS
        services = {
            "web": {"image": self.image, "does": does, "version": self.name},
            "web-check": {"profiles": ["check"], "image": self.image, "does": check},
            **{app: {"image": "site/app:1", "does": WORKS} for app in self.apps},
        }
        return {"services": services, "networks": {"inner": {"name": "lab_inner"}}}

    @property
    def text(self) -> bytes:
        images = dict.fromkeys(each["image"] for each in self.compose["services"].values())
        web = {"name": "web", "image": self.image, "files": f"f-{self.name}", "lists": ["people.map"]}
        manifest = {
            "version": 1,
            "release": self.name,
            "project": "lab",
            "allow": self.allow,
            "networks": ["inner"],
            "images": [{"reference": each, "size_mib": 1} for each in images],
            "services": [{**web, "reload": ["reload"], "prepare": [["prepare"]], "smoke_test": ["ask"]}],
        }
        people = "".join(f'"true:{each}@example.com" allow;\n' for each in self.allow)
        files = {
            "release.json": json.dumps(manifest),
            "compose.yaml": json.dumps(self.compose),
            f"web/f-{self.name}/people.map": people,
        }
        parts = [f"file {path} 0644\n" + "".join(f"|{line}\n" for line in text.splitlines()) for path, text in files.items()]
        return "".join([*parts, f"end {len(files)}\n"]).encode()


@dataclass
class Fault:
    """What happens to a run; the arguments of FakeDocker."""

    how: dict[str, int] = field(default_factory=dict)

    @property
    def kills(self) -> bool:
        return "kill_at" in self.how or "kill_in_up" in self.how


class SequenceTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        self.engine = self.root.parent / f"{self.root.name}.engine"
        self.addCleanup(lambda: self.engine.unlink(missing_ok=True))

    def run_program(self, words: list[str], text: bytes, fault: Fault) -> tuple[int, str]:
        """Runs site-apply in a process of its own, so that it can really be killed. Returns its exit code and output."""
        output = self.root.parent / f"{self.root.name}.output"
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
                code = self._in_child(words, text, fault)
            except BaseException:
                os.write(1, traceback.format_exc().encode())
            os._exit(code)
        _, status = os.waitpid(child, 0)
        said = output.read_text()
        output.unlink()
        return os.waitstatus_to_exitcode(status), said

    def _in_child(self, words: list[str], text: bytes, fault: Fault) -> int:
        engine = FakeDocker(self.engine, **fault.how)
        with ExitStack() as stack:
            for module in _RUN:
                stack.enter_context(mock.patch(f"site_apply.{module}.run", engine.run))
            stack.enter_context(mock.patch.object(log, "_write", _WRITE))
            stack.enter_context(mock.patch("shutil.which", lambda name: f"/usr/bin/{name}"))
            stack.enter_context(mock.patch.object(time, "sleep", lambda seconds: None))
            stack.enter_context(mock.patch.object(archive, "read_all", lambda descriptor: text))
            stack.enter_context(mock.patch.object(pace, "disk", lambda: None))
            # Each run makes them all, which takes half of its time.
            stack.enter_context(mock.patch.object(space, "_RESERVED_FILES", 2))
            for limit in ("READY_WITHIN", "UNCHANGED_WITHIN", "ASK_WITHIN", "ADDRESSES_KNOWN_AFTER"):
                stack.enter_context(mock.patch.object(times, limit, 0))
            docker.engine.cache_clear()
            return __main__.main(["--root", str(self.root), *words])

    def whole(self) -> str:
        """The release that runs whole; empty if there is none."""
        release = target_of(self.layout.current).rpartition("/")[2]
        folder = self.layout.releases / release
        if not release or not folder.is_dir():
            return ""
        services = json.loads((folder / "compose.yaml").read_text())["services"]
        wanted = {name: hash_of(each) for name, each in services.items() if not each.get("profiles")}
        containers = FakeDocker(self.engine).containers
        running = {name: each["hash"] for name, each in containers.items() if each["state"] == "running"}
        return release if running == wanted else ""

    def admitted(self) -> set[str]:
        """Who is on the allow list in use."""
        file = self.layout.files / "web/current/people.map"
        return set(re.findall(r"true:(\w+)@", file.read_text())) if file.is_file() else set()

    def step(self, chance: random.Random, releases: dict[str, Release]) -> str:
        """One random change with a random fault, and what must be true afterwards. Returns what it was."""
        before, admitted = self.whole(), self.admitted()
        there = [each.release for each in kept.read(self.layout).releases]
        fault = chance.choice([Fault(), Fault(), _random_fault(chance)])
        if there and chance.random() < 0.2:
            name = chance.choice(there)
            what = f"rollback to {name} {fault.how}"
            code, output = self.run_program(["rollback", "--to", name], b"", fault)
            self.assertTrue(self.admitted() <= admitted, f"{what} lets in {self.admitted() - admitted}")
            wrong = ""
        else:
            release = _random_release(chance, f"r{len(releases)}")
            releases[release.name] = release
            name, wrong = release.name, release.wrong
            what = f"release of {release} {fault.how}"
            code, output = self.run_program(["release"], release.text, fault)
            allowed = set(release.allow)
            self.assertIn(self.admitted() - allowed, (set(), admitted - allowed), what)
            if self.admitted() != admitted:
                self.assertTrue(self.admitted() <= allowed, f"{what} lets in {self.admitted() - allowed}")
        about = f"{what}: {code}\n{output}"
        self.assertNotIn("Traceback", output, about)
        self.assertIn(code, (0, 1, KILLED) if fault.kills else (0, 1), about)
        if code == 0:
            self.assertEqual(self.whole(), name, about)
        elif code == 1 and not fault.how:
            self.assertIn(wrong, CAUSES, f"nothing is wrong with it. {about}")
            self.assertRegex(output, re.compile(CAUSES[wrong], re.DOTALL), about)
            self.assertEqual(self.whole(), before, about)
            self.assertTrue(self.admitted() <= admitted or not before, about)
        elif code == 1:
            causes = "|".join(CAUSES[each] for each in ("engine stops", wrong) if each)
            self.assertRegex(output, re.compile(causes, re.DOTALL), about)
        return about

    def converges(self, release: Release, about: str) -> None:
        """The next release without a fault works."""
        code, output = self.run_program(["release"], release.text, Fault())
        self.assertEqual((code, self.whole()), (0, release.name), f"{about}\nthen {release}: {code}\n{output}")
        self.assertEqual(self.admitted(), set(release.allow), about)
        left = [each for each in os.listdir(self.root) if each.startswith(("lock", "incoming"))]
        self.assertEqual(left, [], about)
        self.assertLessEqual(len(kept.read(self.layout).releases), kept.KEPT + 1)

    def test_random_sequences_leave_a_whole_site_and_the_next_release_completes_it(self) -> None:
        for seed in range(SEQUENCES):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                shutil.rmtree(self.root)
                (self.root / "bin").mkdir(parents=True)
                self.engine.unlink(missing_ok=True)
                releases: dict[str, Release] = {}
                for _ in range(STEPS):
                    about = f"seed {seed}: " + self.step(chance, releases)
                    _break_by_hand(chance, self.engine)
                    good = _random_release(chance, f"r{len(releases)}", wrong="")
                    releases[good.name] = good
                    self.converges(good, about)


def _random_release(chance: random.Random, name: str, wrong: Optional[str] = None) -> Release:
    if wrong is None:
        wrong = chance.choice(["", "", *[each for each in CAUSES if each != "engine stops"]])
    image = "site/web:missing" if wrong == "no such image" else chance.choice(["site/web:1", "site/web:2"])
    allow = chance.sample(PEOPLE, chance.randint(1, len(PEOPLE)))
    return Release(name, allow, chance.sample(["one", "two", "three"], chance.randint(0, 3)), image, wrong)


def _random_fault(chance: random.Random) -> Fault:
    kind = chance.choice(["kill_at", "kill_in_up", "stop_at"])
    return Fault({kind: chance.randint(0, 3) if kind == "kill_in_up" else chance.randint(1, 30)})


def _break_by_hand(chance: random.Random, engine: Path) -> None:
    """Sometimes, somebody removes or stops a container."""
    docker_ = FakeDocker(engine)
    if docker_.containers and chance.random() < 0.3:
        name = chance.choice(sorted(docker_.containers))
        if chance.random() < 0.5:
            del docker_.containers[name]
        else:
            docker_.containers[name]["state"] = "exited"
        docker_.save()
