"""Docker's engine, by its API on a Unix socket. https://docs.docker.com/reference/api/engine/"""

from __future__ import annotations

import http.client
import io
import json
import socket
import tarfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Optional
from urllib.parse import quote, urlencode

# Seconds for calls that need no work of the engine.
ANSWER_WITHIN = 20.0


class EngineError(Exception):
    """The engine refused something. status: of HTTP; 0 if it does not answer. words: its message."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, within: float) -> None:
        super().__init__("docker", timeout=within)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """The few calls that servers need."""

    def __init__(self, path: str) -> None:
        """path: of the engine's socket."""
        self._path = path

    def inspect(self, container: str) -> Optional[dict[str, Any]]:
        """What the engine knows about a container; None if there is none."""
        try:
            found: dict[str, Any] = self._json("GET", f"/containers/{quote(container)}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return found

    def labelled(self, label: str) -> list[dict[str, Any]]:
        """All containers with a label, running or not."""
        query = urlencode({"all": "1", "filters": json.dumps({"label": [label]})})
        found: list[dict[str, Any]] = self._json("GET", f"/containers/json?{query}")
        return found

    def create(self, name: str, definition: dict[str, Any]) -> str:
        """Creates a container, and returns its id. It does not start."""
        created: str = self._json("POST", f"/containers/create?name={quote(name)}", definition)["Id"]
        return created

    def put(self, container: str, files: dict[str, str], owner: tuple[int, int]) -> None:
        """Writes files of mode 0600 into a container, by their paths without the first slash. New folders are root's."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for folder in dict.fromkeys(str(each) for path in files for each in reversed(PurePosixPath(path).parents[:-1])):
                member = tarfile.TarInfo(folder)
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.mode, (member.uid, member.gid), member.size = 0o600, owner, len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self._call("PUT", f"/containers/{container}/archive?path=/", packed.getvalue(), kind="application/x-tar")

    def start(self, container: str) -> None:
        self._call("POST", f"/containers/{container}/start", within=60)

    def stop(self, container: str) -> None:
        """Stops a container as its definition says, and kills it if that takes longer than 20 seconds."""
        self._call("POST", f"/containers/{container}/stop?t=20", within=40)

    def remove(self, container: str) -> None:
        try:
            self._call("DELETE", f"/containers/{container}?force=1&v=1", within=40)
        except EngineError as error:
            # 409: another call removes it at this moment.
            if error.status not in (404, 409):
                raise

    def run(self, container: str, command: list[str], environment: Sequence[str] = (), within: float = 30) -> tuple[int, str]:
        """Runs a command in a container, and returns its exit code and output. environment: `NAME=value`; for secrets, too."""
        asked = {"Cmd": command, "Env": [*environment], "AttachStdout": True, "AttachStderr": True}
        made = self._json("POST", f"/containers/{quote(container)}/exec", asked)
        said = self._call("POST", f"/exec/{made['Id']}/start", {"Detach": False, "Tty": False}, within=within)
        code: int = self._json("GET", f"/exec/{made['Id']}/json")["ExitCode"] or 0
        return code, _unframed(said)

    def run_behind(self, container: str, command: list[str]) -> None:
        """Starts a command in a container, and does not wait for it."""
        made = self._json("POST", f"/containers/{container}/exec", {"Cmd": command})
        self._call("POST", f"/exec/{made['Id']}/start", {"Detach": True})

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self._call(method, path, body))

    def _call(
        self, method: str, path: str, body: Any = None, within: Optional[float] = None, kind: str = "application/json"
    ) -> bytes:
        connection = _Connection(self._path, within or ANSWER_WITHIN)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, sent, {"Content-Type": kind} if sent else {})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(0, str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise EngineError(answer.status, _message(said))
        return said


def _message(said: bytes) -> str:
    try:
        return str(json.loads(said)["message"])
    except (ValueError, KeyError, TypeError):
        return said.decode("utf-8", "replace")[:200]


def _unframed(said: bytes) -> str:
    """The output of a command. The engine sends it in frames: eight bytes, of which the last four are the length, and the text."""
    text = b""
    while len(said) >= 8:
        length = int.from_bytes(said[4:8], "big")
        text, said = text + said[8 : 8 + length], said[8 + length :]
    return text.decode("utf-8", "replace")
