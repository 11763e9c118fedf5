"""Starts the current release and waits until it answers."""

from __future__ import annotations

import time
from pathlib import Path

from . import activate, docker, hooks, legacy, limits, times
from .docker import Project, said_by_compose
from .errors import NotStarted
from .health import is_ready, kernels_in
from .layout import Layout
from .log import say
from .networks import make_room, prune_networks


class Rollout:
    """The start of the current release. After start(), `broken` lists services that failed but cause no rollback."""

    def __init__(self, layout: Layout, project: Project) -> None:
        self._layout, self._project = layout, project
        self._manifest = activate.current(layout)
        self._running_before = project.containers(running=True)
        self._made_before = project.containers()
        self._brought_up = 0.0
        # Failed services that cause no rollback. `broken` contains those that also failed after they were recreated.
        self._left_alone: set[str] = set()
        self.broken: list[str] = []

    def start(self) -> None:
        """Starts the release, and returns when it answers. Throws NotStarted if it does not."""
        services = self._project.services(self._layout.current)
        _clear_half_made(self._project)
        make_room(self._layout, self._project)
        self._up()
        limits.limit_memory(self._project, self._manifest)
        legacy.attach_networks(self._project, self._layout.current)
        limits.allow_processes(self._project, self._manifest)
        # The allow list must take effect before any step that depends on programs which users can change or slow down. Otherwise a
        # removed user could prevent the removal. Until a service is ready, its host name shows a page that says so.
        for service in self._manifest.services:
            if service.reload:
                self._settle(service.name)
        activate.reload(self._layout, self._project, self._running_before)
        # Other services may need the results of `prepare`.
        self.run_hooks("prepare")
        for name in services:
            self._settle(name)
        self._await_nginx()
        hooks.smoke_test(self._project, self._manifest)
        prune_networks(self._layout, self._project)

    def _up(self) -> None:
        words = ("up", "--detach", "--remove-orphans", "--quiet-pull", "--no-build", "--pull", "never")
        result = self._project.compose(self._layout.current, *words, within=times.STARTED_WITHIN, changes_site=True)
        if not result.ok:
            said = "".join(said_by_compose(result)[-1:]) or f"nothing, for {times.STARTED_WITHIN // 60} minutes"
            say(f"The site could not be started. Docker says: {said}")
            raise NotStarted
        self._brought_up = time.monotonic()

    def run_hooks(self, when: hooks.When) -> None:
        """
        Runs the services' commands. prepare: sets up database users or packages, for example. post_release: steps that a rollback
        could not undo. A failing command fails the release, unless users control the service.
        """
        for service in self._manifest.services:
            for argv in service.prepare if when == "prepare" else service.post_release:
                if not self._settle(service.name):
                    break
                if not hooks.run_hook(self._project, service.name, argv) and not service.user_controlled:
                    raise NotStarted

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
        container = self._project.container_of(name)
        if container not in self._made_before:
            if self._is_ready(name):
                return True
            raise NotStarted(name)
        user_controlled = self._manifest.service(name).user_controlled
        if self._is_ready(name, times.UNCHANGED_WITHIN if user_controlled else times.READY_WITHIN):
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

    def _is_ready(self, name: str, patience: float = 0) -> bool:
        return is_ready(self._project, self._manifest, name, patience or times.READY_WITHIN)

    def _recreate(self, name: str) -> bool:
        words = ("up", "--detach", "--no-deps", "--force-recreate", "--no-build", "--pull", "never", name)
        result = self._project.compose(self._layout.current, *words, within=times.STARTED_WITHIN, changes_site=True)
        if not result.ok:
            return False
        try:
            legacy.attach_networks(self._project, self._layout.current)
        except NotStarted:
            return False
        limits.limit_memory(self._project, self._manifest)
        limits.allow_processes(self._project, self._manifest)
        self._brought_up = time.monotonic()
        return True

    def _await_nginx(self) -> None:
        """
        Waits until nginx has looked up the addresses of new containers.

        nginx does this every 2 seconds (`resolver` in files/services/nginx/nginx.conf) and answers 502 until then.
        """
        if self._project.containers(running=True) != self._running_before:
            time.sleep(max(0, self._brought_up + 3 - time.monotonic()))


def command_to_recreate(layout: Layout, project: Project, service: str) -> str:
    """The command with which a user recreates a service's container."""
    file: Path = layout.current / "compose.yaml"
    where = f"--project-name {project.name} --file '{file}'"
    return f"docker compose {where} up --detach --no-deps --force-recreate {service}"


def _clear_half_made(project: Project) -> None:
    """
    Cleans up after a killed `docker compose`, on which Compose would fail: containers that were created and never started, and
    containers renamed to `<id>_<name>`.
    """
    for container in project.containers("status=created"):
        docker.act("rm", "--force", container)
    for line in project.listed("{{.ID}} {{.Names}}"):
        container, _, name = line.partition(" ")
        half, _, whole = name.partition("_")
        if len(half) == 12 and set(half) <= set("0123456789abcdef") and whole:
            if not docker.act("rename", container, whole).ok:
                docker.act("rm", "--force", container)
