"""Checks that the site's ports are free."""

from __future__ import annotations

import re
import shutil
from typing import Optional

from . import docker, times
from .command import run
from .docker import Project
from .errors import Refusal
from .manifest import Manifest, Port


def check(project: Project, manifest: Manifest) -> None:
    """Throws Refusal if another program listens on a port of the site."""
    for port in manifest.ports:
        if project.containers(f"publish={port.port}", running=True):
            continue
        who = _listener(port)
        if who:
            raise Refusal(
                f"Port {port.port} is taken on this machine, by {who}. Nothing was changed. {_advice(port)}, and run pulumi up"
                " again."
            )


def _advice(port: Port) -> str:
    # The ports for the public internet cannot be changed.
    if not port.setting:
        return "Stop it"
    other = port.port + (1000 if port.port < 64000 else -1000)
    return f"Stop it, or give the site another port (pulumi config set {port.setting} {other})"


def _listener(port: Port) -> Optional[str]:
    """
    The container or process that listens on a port at its address, or at all addresses. If the site needs all addresses (0.0.0.0),
    a listener at any of them counts.
    """
    container = _container_at(port)
    if container:
        return f"the container {container}"
    if shutil.which("ss"):
        return listener_in_ss(run(["ss", "-Hltnp", f"sport = :{port.port}"], within=times.QUESTION_WITHIN).lines, port)
    if shutil.which("lsof"):
        words = ["lsof", "-nP", f"-iTCP:{port.port}", "-sTCP:LISTEN", "-Fpcn"]
        return listener_in_lsof(run(words, within=times.QUESTION_WITHIN).lines, port)
    return None


def _container_at(port: Port) -> Optional[str]:
    there = "[0-9.]+" if port.address == "0.0.0.0" else re.escape(port.address)
    published = re.compile(rf"[ ,]({there}|0\.0\.0\.0|\[?::\]?):{port.port}->")
    for line in docker.answer("ps", "--filter", f"publish={port.port}", "--format", "{{.Names}} {{.Ports}}").split("\n"):
        if published.search(line):
            return line.partition(" ")[0]
    return None


def listener_in_ss(lines: list[str], port: Port) -> Optional[str]:
    """The listener in the output of ss. Column 4 is the local address; the last one is users:(("node",pid=123,fd=20))."""
    everywhere = {f"{port.address}:{port.port}", *(f"{each}:{port.port}" for each in ("0.0.0.0", "*", "[::]"))}
    for line in lines:
        columns = line.split()
        if len(columns) > 3 and (port.address == "0.0.0.0" or columns[3] in everywhere):
            process = re.search(r'"([^"]*)",pid=(\d+)', line)
            return f"{process[1]} (process {process[2]})" if process else "another program"
    return None


def listener_in_lsof(lines: list[str], port: Port) -> Optional[str]:
    """The listener in the output of lsof. It has one field per line: p process, c command, n local address."""
    process = command = ""
    for line in lines:
        if line.startswith("p"):
            process = line[1:]
        elif line.startswith("c"):
            command = line[1:]
        elif line.startswith("n"):
            is_here = line in (f"n{port.address}:{port.port}", f"n*:{port.port}")
            if is_here or (port.address == "0.0.0.0" and line.endswith(f":{port.port}")):
                return f"{command} (process {process})"
    return None
