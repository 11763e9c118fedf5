"""Brings up the current release, and waits until it answers."""

from __future__ import annotations

import time
from pathlib import Path

from . import activate, docker, hooks, legacy, limits, times
from .docker import Project, said_by_compose
from .errors import NotStarted
from .health import is_ready, kernels_in
from .layout import Layout
from .log import say
from .networks import forget_networks, make_room


class Rollout:
    """The current release, as it is brought up."""

    def __init__(self, layout: Layout, project: Project) -> None:
        self._layout, self._project = layout, project
        self._manifest = activate.current(layout)
        self._running_before = project.containers(running=True)
        self._made_before = project.containers()
        self._brought_up = 0.0
        # Services that a release goes on without, and those of them that it has recreated in vain.
        self._left_alone: set[str] = set()
        self.broken: list[str] = []

    def start(self) -> None:
        """Returns when the release answers. Throws NotStarted when it does not."""
        services = self._project.services(self._layout.current)
        _clear_half_made(self._project)
        make_room(self._layout, self._project)
        self._up()
        limits.limit_memory(self._project, self._manifest)
        legacy.attach_networks(self._project, self._layout.current)
        limits.allow_processes(self._project, self._manifest)
        # The allow list comes before everything that depends on programs which people can change, or wear out: whoever was taken
        # off it could keep themselves on it otherwise. A name whose service is not ready yet is a page that says so.
        for service in self._manifest.services:
            if service.reload:
                self._settle(service.name)
        activate.reload(self._layout, self._project, self._running_before)
        # Others may need what is prepared here.
        self.run_hooks("prepare")
        for name in services:
            self._settle(name)
        self._let_nginx_look()
        hooks.smoke_test(self._project, self._manifest)
        forget_networks(self._layout, self._project)

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
        prepare: services set up what they hold, users of a database or packages; post_release: what cannot be taken back. One that
        fails is a failed release, unless people control the service.
        """
        for service in self._manifest.services:
            for argv in service.prepare if when == "prepare" else service.post_release:
                if not self._settle(service.name):
                    break
                if not hooks.run_hook(self._project, service.name, argv) and not service.user_controlled:
                    raise NotStarted

    def _settle(self, name: str) -> bool:
        """
        Waits until a service is ready. One that does not work although the release has left it as it was is recreated: `docker
        compose up` leaves a container in a restart loop as it is. Not so where kernels run in it, which would end.

        A release does not go back because of a service that people can change and that it has left as it was, as this would not
        help: False. Any other one that does not work is a failed release.
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
            say(f"{name} is recreated, because it does not work and this release has changed nothing of it.")
            if self._recreate(name) and self._is_ready(name):
                return True
            if not user_controlled:
                raise NotStarted(name)
            self.broken.append(name)
        else:
            say(
                f"This release has changed nothing of {name}, and goes on without it. Recreate its container, which ends what runs"
                f" in it: {command_to_recreate(self._layout, self._project, name)}"
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

    def _let_nginx_look(self) -> None:
        """
        nginx looks up the services' names every 2 seconds (`resolver` in files/services/nginx/nginx.conf). Until then it answers
        502 for a new container. A release that visitors see as 502 has not ended.
        """
        if self._project.containers(running=True) != self._running_before:
            time.sleep(max(0, self._brought_up + 3 - time.monotonic()))


def command_to_recreate(layout: Layout, project: Project, service: str) -> str:
    file: Path = layout.current / "compose.yaml"
    where = f"--project-name {project.name} --file '{file}'"
    return f"docker compose {where} up --detach --no-deps --force-recreate {service}"


def _clear_half_made(project: Project) -> None:
    """
    What a forced end of `docker compose` leaves in the middle of recreating a service: containers that were made and never started,
    and others that bear a name of two halves. Compose would run into both.
    """
    for container in project.containers("status=created"):
        docker.act("rm", "--force", container)
    for line in project.listed("{{.ID}} {{.Names}}"):
        container, _, name = line.partition(" ")
        half, _, whole = name.partition("_")
        if len(half) == 12 and set(half) <= set("0123456789abcdef") and whole:
            if not docker.act("rename", container, whole).ok:
                docker.act("rm", "--force", container)
