"""A fake of Docker's client and engine with two kinds of faults, for many releases in little time. Its state is a file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from site_apply.command import Result

STOPPED = b"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
# What a service does, as its compose.yaml says: it works, ends at once, never becomes healthy, or has a command that fails.
WORKS, EXITS, HANGS, FAILS = "works", "exits", "hangs", "fails"
KILLED = 137


class FakeDocker:
    """
    The engine of one machine.

    kill_at, stop_at: the number of the command before which the run is killed, or from which on the engine has stopped. kill_in_up:
    how many containers `docker compose up` creates before the run is killed.
    """

    def __init__(self, file: Path, kill_at: int = 0, stop_at: int = 0, kill_in_up: int = -1) -> None:
        self._file, self._kill_at, self._stop_at, self._kill_in_up = file, kill_at, stop_at, kill_in_up
        self._commands = 0
        state: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        # By service: its id, state, hash, image, what it does, and the folder of its release.
        self.containers: dict[str, dict[str, str]] = state.get("containers", {})
        self.images: dict[str, str] = state.get("images", {})
        self.networks: list[str] = state.get("networks", [])
        self._made: int = state.get("made", 0)

    def save(self) -> None:
        state = {"containers": self.containers, "images": self.images, "networks": self.networks, "made": self._made}
        self._file.write_text(json.dumps(state))

    def run(self, argv: Sequence[str], *, given: bytes = b"", errors: bool = False, **_: Any) -> Result:
        """Replaces site_apply.command.run."""
        if argv[0] != "docker":
            return Result(1)
        self._commands += 1
        if self._commands == self._kill_at:
            os._exit(KILLED)
        if self._stop_at and self._commands >= self._stop_at:
            # Like the real client, which prints an empty list beside the error.
            return Result(1, STOPPED if errors else b"[]\n" if argv[1] == "inspect" else b"")
        code, text = self._answer(list(argv[1:]), given)
        self.save()
        return Result(code, text.encode())

    def _answer(self, words: list[str], given: bytes) -> tuple[int, str]:
        command, *rest = words
        if command == "compose":
            at = next((at for at, word in enumerate(rest) if word in ("config", "run", "up", "down")), 0)
            file = rest[rest.index("--file") + 1] if "--file" in rest[:at] else "-"
            return self._compose(Path(file), rest[at], rest[at + 1 :], given)
        answers: dict[str, Callable[[], tuple[int, str]]] = {
            "context": lambda: (0, "unix:///var/run/docker.sock"),
            "info": lambda: (0, '{"folder": "/nowhere", "memory": 0, "cores": 2, "plugins": [{"Name": "compose"}]}'),
            "ps": lambda: (0, self._ps(rest)),
            "inspect": lambda: (0, json.dumps([self._inspected(each) for each in self._found(rest[2:])])),
            "image": lambda: self._image(rest),
            "pull": lambda: self._pull(rest[-1]),
            "tag": lambda: (0, ""),
            "exec": lambda: self._exec([word for word in rest if word != "--interactive"]),
            "logs": lambda: (0, "the last line of its log"),
            "network": lambda: self._network(rest),
            "rm": lambda: self._rm(rest[-1]),
            "stop": lambda: (0, ""),
            "top": lambda: (0, ""),
            "version": lambda: (0, "20.10.24"),
            "rename": lambda: (0, ""),
        }
        return answers[command]()

    def _compose(self, file: Path, command: str, words: list[str], given: bytes) -> tuple[int, str]:
        if command == "config" and "--hash" in words:
            return 0, "\n".join(f"{name} {hash_of(each)}" for name, each in _services(json.loads(given)).items())
        whole: dict[str, Any] = json.loads(file.read_text())
        if command == "config":
            return 0, json.dumps(whole)
        if command == "run":
            return (1, "it is wrong") if whole["services"][words[-1]]["does"] == FAILS else (0, "")
        if command == "down":
            self.containers.clear()
            return 0, ""
        named = [each for each in words if each in whole["services"]]
        self.networks = [each["name"] for each in whole["networks"].values()]
        created = 0
        services = _services(whole)
        for name in [each for each in self.containers if each not in services]:
            del self.containers[name]
        for name, service in services.items():
            existing = self.containers.get(name, {})
            wanted = {"hash": hash_of(service), "image": self.images[service["image"]]}
            if not named and existing and all(existing[key] == value for key, value in wanted.items()):
                existing["state"] = "exited" if service["does"] == EXITS else "running"
                continue
            if created == self._kill_in_up:
                self.save()
                os._exit(KILLED)
            created += 1
            self._made += 1
            state = "exited" if service["does"] == EXITS else "running"
            about = {"id": f"{self._made:012x}", "state": state, "does": service["does"], "folder": str(file.parent)}
            self.containers[name] = {**about, **wanted, "reference": service["image"]}
        return 0, ""

    def _ps(self, words: list[str]) -> str:
        if any(word.startswith("label=jupyter-up.site=") for word in words):
            return ""  # No servers of people.
        label = "label=com.docker.compose.service="
        of = [word[len(label) :] for word in words if word.startswith(label)]
        if "--quiet" in words:
            return "\n".join(each["id"] for name, each in self.containers.items() if not of or name in of)
        if words[-1] == "{{.Image}}":
            return "\n".join(each["reference"] for each in self.containers.values())
        newest = sorted(self.containers.items(), key=lambda item: item[1]["id"], reverse=True)
        return "\n".join(
            f"{each['id']} {each['state']} lab-{name}-1 lab_inner {name} False {each['folder']}" for name, each in newest
        )

    def _found(self, ids: list[str]) -> list[tuple[str, dict[str, str]]]:
        return [(name, each) for name, each in self.containers.items() if each["id"] in ids]

    def _inspected(self, found: tuple[str, dict[str, str]]) -> dict[str, Any]:
        name, each = found
        compose = "com.docker.compose"
        labels = {f"{compose}.service": name, f"{compose}.config-hash": each["hash"], f"{compose}.image": each["image"]}
        config = {"Image": each["reference"], "Labels": labels, "Healthcheck": {"Test": ["CMD", "is-ready"]}}
        return {"Id": each["id"], "State": {"Status": each["state"]}, "RestartCount": 0, "Config": config}

    def _image(self, words: list[str]) -> tuple[int, str]:
        if words[0] == "rm":
            return (0, "") if self.images.pop(words[1], None) else (1, "")
        ids = [self.images[each] for each in words[3:] if each in self.images]
        return (0 if len(ids) == len(words[3:]) else 1), "\n".join(ids)

    def _pull(self, reference: str) -> tuple[int, str]:
        if reference.endswith(":missing"):
            return 1, "manifest unknown"
        self.images[reference] = f"id-of-{reference}"
        return 0, ""

    def _exec(self, words: list[str]) -> tuple[int, str]:
        found = self._found(words[:1])
        if not found or found[0][1]["state"] != "running":
            return 1, "is not running"
        does = found[0][1]["does"]
        is_wrong = (words[1], does) in (("is-ready", HANGS), ("prepare", FAILS))
        return (7, "no") if is_wrong else (0, "")

    def _network(self, words: list[str]) -> tuple[int, str]:
        if words[0] == "rm":
            self.networks.remove(words[1])
            return 0, ""
        return 0, "\n".join(f"{each} {each.partition('_')[2]}" for each in self.networks)

    def _rm(self, id_: str) -> tuple[int, str]:
        for name, _ in self._found([id_]):
            del self.containers[name]
        return 0, ""


def _services(whole: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in whole["services"].items() if not each.get("profiles")}


def hash_of(service: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(service, sort_keys=True).encode()).hexdigest()


def state_of(file: Path, service: str) -> Optional[dict[str, str]]:
    """A service's container in the state of an engine."""
    return FakeDocker(file).containers.get(service)
