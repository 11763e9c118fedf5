"""Checks whether this machine can run the site."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path
from typing import Optional

from . import docker, times
from .command import TIMED_OUT, Result
from .docker import NoEngine, Project
from .errors import Refusal
from .layout import Layout
from .manifest import Manifest
from .releases import manifest_of

_HERE = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")
_ELSEWHERE = ("tcp://", "ssh://", "http://", "https://")


def am_root() -> bool:
    return os.geteuid() == 0


def user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def run_by() -> str:
    """Who started this program, for other people: the user who signed in, and the address that they came from, if it is known."""
    name = os.environ.get("SUDO_USER") or user_name()
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return f"{name} from {address}" if address else name


def check() -> None:
    """Checks that Docker is installed, answers, runs on this machine, and has Compose. Throws Refusal."""
    if not shutil.which("docker"):
        raise Refusal(
            "Docker is not installed on this machine. Install it, for instance by: sudo apt-get install docker.io docker-compose"
            " (https://docs.docker.com/get-docker elsewhere). Then run pulumi up again."
        )
    # A remote engine cannot mount this machine's folders.
    engine = docker.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").text
    if engine.startswith(_ELSEWHERE) and not engine.startswith(_HERE):
        raise Refusal(
            f"Docker's client uses the engine of another machine ({engine}), which cannot run a site on this one."
            " Nothing was changed. Choose this machine's engine (unset DOCKER_HOST DOCKER_CONTEXT; docker context use default),"
            " and run pulumi up again."
        )
    _check_engine()
    if "compose" not in docker.engine().plugins:
        raise Refusal(
            "Docker's Compose plugin (version 2) is missing on this machine. Install it: sudo apt-get install docker-compose"
            " (Debian 13) or docker-compose-plugin (Docker's own packages), and run pulumi up again."
        )


def check_for_release() -> None:
    """The same, before a release: checks that the engine can run the site, too. Throws Refusal."""
    check()
    if docker.engine().is_rootless:
        raise Refusal(
            "Docker's engine runs without root (docker info shows name=rootless). It cannot run the site: the site's folders belong"
            " to the users of its containers, and such an engine has other users. Nothing was changed. Choose this machine's own"
            " engine (sudo systemctl start docker; unset DOCKER_HOST DOCKER_CONTEXT; docker context use default), and run pulumi"
            " up again."
        )


def _check_engine() -> None:
    try:
        docker.engine()
    except NoEngine as error:
        raise _no_engine(error.result) from error


def _no_engine(engine: Result) -> Refusal:
    if engine.code == TIMED_OUT or not engine.text:
        return Refusal(
            f"Docker's engine has not answered for {times.ENGINE_WITHIN} seconds. Restart it (sudo systemctl restart docker;"
            " Docker Desktop elsewhere), or the machine, and run pulumi up again."
        )
    if "permission denied" in engine.text:
        return Refusal(
            f"This user has no permission to use Docker. Grant it: sudo usermod -aG docker {user_name()}, sign in again, and"
            " run pulumi up again."
        )
    return Refusal(
        "Docker is installed, but its engine does not run. Start it: sudo systemctl start docker (Docker Desktop elsewhere), and"
        f" run pulumi up again. Docker says: {engine.last_line}"
    )


def check_owner(layout: Layout, project: Project) -> None:
    """Throws Refusal for a second checkout with the same stack name, because both would use the same containers."""
    other = other_owner(layout, project)
    if other:
        raise Refusal(
            f"This machine already runs a site named {project.name}, released from another folder ({other}). Nothing was changed."
            " Take it down in that folder first: npm stop"
        )


def other_owner(layout: Layout, project: Project) -> Optional[str]:
    """The other folder from which the project's containers were released. None if there is none, or if the folder was moved."""
    for folder in (each.folder for each in project.snapshot().containers):
        if folder and not folder.startswith(f"{layout.root}/") and not _is_gone(Path(folder).parent):
            return folder.partition("/.state/")[0]
    return None


def _is_gone(path: Path) -> bool:
    """Whether a path does not exist. Returns False if this user has no permission to check it."""
    if os.path.exists(path):
        return False
    around = path.parent
    while not os.path.isdir(around):
        around = around.parent
    return os.access(around, os.X_OK)


def check_name(layout: Layout, new: Manifest) -> None:
    """Throws Refusal if the stack or project was renamed, because that would start a second site beside the running one."""
    former = manifest_of(layout.current)
    if former is None or former.project == new.project:
        return
    sudo = "sudo " if os.environ.get("SUDO_USER") else ""
    raise Refusal(
        f"The site in {layout.root} runs as {former.project} and would become {new.project}: its stack or project was renamed, or"
        " another stack uses the same machine. Nothing was changed. Take it down under its earlier name; its data stay:"
        f" {sudo}sh '{layout.program}' down {former.project}. Then run pulumi up again."
    )
