"""A fake of Docker's engine on a Unix socket: it keeps containers, and can be told to refuse calls."""

from __future__ import annotations

import http.server
import json
import re
import socketserver
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FakeEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        # Archives by container. Commands with their container and environment.
        self.archives: dict[str, bytes] = {}
        self.commands: list[tuple[str, list[str], list[str]]] = []
        # Answers to calls, by a regular expression for `METHOD path`.
        self.refuses: dict[str, tuple[int, str]] = {}
        self.delay = 0.0
        self.calls: list[str] = []
        super().__init__(path, _Call)
        threading.Thread(target=lambda: self.serve_forever(0.02), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def add(self, name: str, asked: dict[str, Any], status: str) -> None:
        state = {"Running": status == "running", "Status": status, "ExitCode": 0, "OOMKilled": False}
        self.containers[name] = {"Id": name, "Config": asked, "State": state}


class _Call(http.server.BaseHTTPRequestHandler):
    server: FakeEngine
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return ""

    def log_message(self, *_: Any) -> None:
        pass

    def _do(self) -> None:
        engine = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        call = f"{self.command} {address.path}"
        engine.calls.append(call)
        time.sleep(engine.delay)
        for pattern, (status, words) in engine.refuses.items():
            if re.fullmatch(pattern, call):
                self._answer(status, {"message": words})
                return
        _, kind, *rest = address.path.split("/")
        if kind == "exec":
            self._answer(200, {"ExitCode": 0} if rest[1] == "json" else b"\1\0\0\0\0\0\0\3ok\n")
        elif rest == ["json"]:
            name, _, value = json.loads(query["filters"])["label"][0].partition("=")
            found = [each for each in engine.containers.values() if each["Config"].get("Labels", {}).get(name) == value]
            keys = [(each["Id"], each["Config"]["Labels"], each["State"]["Status"]) for each in found]
            self._answer(200, [{"Id": id_, "Labels": labels, "State": status} for id_, labels, status in keys])
        elif rest == ["create"]:
            engine.add(query["name"], json.loads(body), "created")
            self._answer(201, {"Id": query["name"]})
        else:
            self._container(rest[0], (rest[1:] or ["remove"])[0], body)

    do_GET = do_POST = do_PUT = do_DELETE = _do

    def _container(self, name: str, action: str, body: bytes) -> None:
        engine = self.server
        found = engine.containers.get(name)
        if not found:
            self._answer(404, {"message": f"No such container: {name}"})
        elif action == "json":
            self._answer(200, found)
        elif action == "archive":
            engine.archives[name] = body
            self._answer(200, {})
        elif action == "exec":
            asked = json.loads(body)
            engine.commands.append((name, asked["Cmd"], asked.get("Env", [])))
            self._answer(201, {"Id": "e1"})
        elif action == "remove":
            del engine.containers[name]
            self._answer(204, None)
        else:
            is_running = action == "start"
            found["State"].update(Running=is_running, Status="running" if is_running else "exited")
            self._answer(204, None)

    def _answer(self, status: int, said: Any) -> None:
        sent = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(0 if status == 204 else len(sent)))
        self.end_headers()
        if status != 204:
            self.wfile.write(sent)
