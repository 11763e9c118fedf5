"""Starts the current release and waits until it answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Optional

from . import activate, docker, hooks, legacy, limits, people_servers, times
from .compose_file import ComposeFile
from .containers import Snapshot
from .docker import Project, said_by_compose
from .errors import NotStarted
from .health import is_ready, kernels_in
from .layout import Layout
from .log import say, say_step, step
from .manifest import Argv, Service
from .networks import make_room, prune_networks

_DONE: dict[hooks.When, str] = {"prepare": "prepared", "post_release": "cleaned up"}


class Rollout:
    """The start of the current release. After start(), `broken` lists services that failed but cause no rollback."""

    def __init__(self, layout: Layout, project: Project, compose: ComposeFile) -> None:
        """compose: the release's compose.yaml."""
        self._layout, self._project, self._compose = layout, project, compose
        self._manifest = activate.current(layout)
        self._before = project.snapshot()
        # The containers since the last `docker compose up`; only this class changes them.
        self._containers = self._before
        self._brought_up = 0.0
        # Failed services that cause no rollback. `broken` contains those that also failed after they were recreated.
        self._left_alone: set[str] = set()
        self.broken: list[str] = []
        # New containers that have answered, which is said once.
        self._ready: set[str] = set()

    def start(self) -> None:
        """Starts the release, and returns when it answers. Throws NotStarted if it does not."""
        _clear_half_made(self._before)
        make_room(self._layout, self._before, self._compose)
        with step("Containers started"):
            self._up()
        limits.limit_memory(self._containers, self._manifest)
        legacy.attach_networks(self._project, self._layout.current)
        limits.allow_processes(self._containers, self._manifest)
        # The allow list must take effect before any step that depends on programs which users can change or slow down. Otherwise a
        # removed user could prevent the removal. Until a service is ready, its host name shows a page that says so.
        for service in self._manifest.services:
            if service.reload:
                self._settle(service.name)
        activate.reload(self._layout, self._containers, self._before.running)
        # Other services may need the results of `prepare`.
        self.run_hooks("prepare")
        for name in self._compose.services:
            self._settle(name)
        with step("The site answers at its front door"):
            self._await_nginx()
            hooks.smoke_test(self._containers, self._manifest)
        people_servers.remove_without_spawner(self._layout, self._project, self._manifest)
        prune_networks(self._layout, self._project)

    def _up(self) -> None:
        words = ("up", "--detach", "--remove-orphans", "--quiet-pull", "--no-build", "--pull", "never")
        result = self._project.compose(self._layout.current, *words, within=times.STARTED_WITHIN, changes_site=True)
        if not result.ok:
            said = "".join(said_by_compose(result)[-1:]) or f"nothing, for {times.STARTED_WITHIN // 60} minutes"
            say(f"The site could not be started. Docker says: {said}")
            raise NotStarted
        self._look_again()

    def _look_again(self) -> None:
        self._brought_up = time.monotonic()
        self._containers = self._project.snapshot()

    def run_hooks(self, when: hooks.When) -> None:
        """
        Runs the services' commands. prepare: sets up database users or packages, for example. post_release: steps that a rollback
        could not undo. A failing command fails the release, unless users control the service.
        """
        for service in self._manifest.services:
            argvs = service.prepare if when == "prepare" else service.post_release
            began = time.monotonic()
            if argvs and self._run_hooks_of(service, argvs):
                say_step(f"{service.name} {_DONE[when]}", began)

    def _run_hooks_of(self, service: Service, argvs: list[Argv]) -> bool:
        """Returns whether all commands of a service succeeded."""
        # A command that succeeds shows that the service still runs.
        is_settled = False
        for argv in argvs:
            if not is_settled and not self._settle(service.name):
                return False
            is_settled = hooks.run_hook(self._containers, service.name, argv)
            if not is_settled and not service.user_controlled:
                raise NotStarted
        return is_settled

    def _settle(self, name: str) -> bool:
        """
        Waits until a service is ready.

        A service that fails although the release did not change it is recreated, because `docker compose up` does not touch a
        container in a restart loop. It is not recreated if kernels run in it.

        Returns False if the failing service is controlled by users and was not changed by the release, because a rollback would not
        help. Throws NotStarted for any other failing service.
        """
        if name in self._left_alone:
            return False
        container = self._containers.container_of(name)
        if container not in self._before.ids:
            began = time.monotonic()
            if not self._is_ready(name):
                raise NotStarted(name)
            if name not in self._ready:
                self._ready.add(name)
                say_step(f"{name} answers", began)
            return True
        user_controlled = self._manifest.service(name).user_controlled
        if self._is_ready(name, times.UNCHANGED_WITHIN if user_controlled else None):
            return True
        if kernels_in(container) == 0:
            say(f"{name} is recreated, because it does not work and this release did not change it.")
            if self._recreate(name) and self._is_ready(name):
                return True
            if not user_controlled:
                raise NotStarted(name)
            self.broken.append(name)
        else:
            say(
                f"This release did not change {name} and continues without it. Recreate its container, which ends everything"
                f" that runs in it: {command_to_recreate(self._layout, self._project, name)}"
            )
        self._left_alone.add(name)
        return False

    def _is_ready(self, name: str, patience: Optional[float] = None) -> bool:
        return is_ready(self._containers, self._manifest, name, patience)

    def _recreate(self, name: str) -> bool:
        words = ("up", "--detach", "--no-deps", "--force-recreate", "--no-build", "--pull", "never", name)
        result = self._project.compose(self._layout.current, *words, within=times.STARTED_WITHIN, changes_site=True)
        if not result.ok:
            return False
        self._look_again()
        try:
            legacy.attach_networks(self._project, self._layout.current)
        except NotStarted:
            return False
        limits.limit_memory(self._containers, self._manifest)
        limits.allow_processes(self._containers, self._manifest)
        return True

    def _await_nginx(self) -> None:
        """
        Waits until nginx has looked up the addresses of new containers.

        nginx answers 502 until then.
        """
        if self._containers.running != self._before.running:
            time.sleep(max(0, self._brought_up + times.ADDRESSES_KNOWN_AFTER - time.monotonic()))


def command_to_recreate(layout: Layout, project: Project, service: str) -> str:
    """The command with which a user recreates a service's container."""
    file: Path = layout.current / "compose.yaml"
    where = f"--project-name {project.name} --file '{file}'"
    return f"docker compose {where} up --detach --no-deps --force-recreate {service}"


def _clear_half_made(containers: Snapshot) -> None:
    """
    Cleans up after a killed `docker compose`, on which Compose would fail: containers that were created and never started, and
    containers renamed to `<id>_<name>`.
    """
    for each in containers.containers:
        if each.state == "created":
            docker.act("rm", "--force", each.id)
    for each in containers.containers:
        half, _, whole = each.name.partition("_")
        if each.state != "created" and len(half) == 12 and set(half) <= set("0123456789abcdef") and whole:
            if not docker.act("rename", each.id, whole).ok:
                docker.act("rm", "--force", each.id)
