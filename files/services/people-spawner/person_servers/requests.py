"""
Requests to this program: one line of JSON on a Unix socket, and one line as the answer.

    {"do": "start", "name": "ann-40example-2ecom"}    start, stop or status
    {"ok": true, "host": "person-..."}                the answer to start
    {"ok": false, "code": "full", "words": "..."}     the answer if something is refused

A program that can send requests can start and stop servers, and nothing else: a request has no part of a server's definition.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from typing import Any

from .engine import EngineError
from .names import person_of
from .servers import Servers
from .words import Refused

LONGEST = 1024
# Seconds for a whole request. The hub sends it at once.
READ_WITHIN = 5.0
# Requests at the same time. The hub waits for each answer, and more would only be started to use up memory.
MOST = 32


class BadRequest(Exception):
    """A request that no part of the site sends."""


def parse(line: bytes) -> tuple[str, str]:
    """What to do, and the name of the server. Throws BadRequest."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest("no JSON") from error
    if not isinstance(asked, dict) or set(asked) != {"do", "name"}:
        raise BadRequest("expected the keys do and name, and no others")
    action, name = asked["do"], asked["name"]
    if action not in ("start", "stop", "status"):
        raise BadRequest("there is only start, stop and status")
    if not isinstance(name, str) or person_of(name) is None:
        raise BadRequest("this is not the name of a server")
    return action, name


class Listener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on the socket, and answers each request in a thread of its own."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: str, servers: Servers) -> None:
        self.servers = servers
        self.places = threading.BoundedSemaphore(MOST)
        super().__init__(path, _Request)


class _Request(socketserver.BaseRequestHandler):
    server: Listener

    def handle(self) -> None:
        if not self.server.places.acquire(blocking=False):
            self._answer({"ok": False, "code": "busy", "words": "Too many requests at the same time. Try again in a minute."})
            return
        try:
            self._answer(self._do(*parse(self._line())))
        except BadRequest as error:
            self._answer({"ok": False, "code": "bad", "words": f"The request was refused: {error}."})
        except Refused as error:
            print(f"refused: {error.words}", flush=True)
            self._answer({"ok": False, "code": error.code, "words": error.words})
        except EngineError as error:
            self._answer({"ok": False, "code": "docker", "words": error.words})
        finally:
            self.server.places.release()

    def _do(self, action: str, name: str) -> dict[str, Any]:
        servers = self.server.servers
        if action == "start":
            return {"ok": True, "host": servers.start(name)}
        if action == "status":
            return {"ok": True, **servers.status(name)}
        servers.stop(name)
        return {"ok": True}

    def _line(self) -> bytes:
        """The request. Throws BadRequest if it is too long, incomplete or slow."""
        timer = threading.Timer(READ_WITHIN, self._hang_up)
        timer.start()
        said = b""
        try:
            while not said.endswith(b"\n"):
                part = self.request.recv(LONGEST)
                said += part
                if not part or len(said) > LONGEST:
                    raise BadRequest("it is too long, too slow or incomplete")
        except OSError as error:
            raise BadRequest("it broke off") from error
        finally:
            timer.cancel()
        return said

    def _hang_up(self) -> None:
        try:
            self.request.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # The client has gone.

    def _answer(self, answer: dict[str, Any]) -> None:
        try:
            self.request.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass  # The client has gone.
