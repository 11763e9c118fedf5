"""The commands `check`, `renew` and `down`."""

from __future__ import annotations

import shutil
from typing import Optional

from . import activate, hooks, keep_backup, lock, machine, people_servers, space, times, units
from .certificate import NotIssued, certificates_of
from .command import TIMED_OUT, run
from .compose_file import read_compose_file
from .docker import Project
from .errors import NotStarted, Refusal
from .health import is_ready
from .layout import Layout, remove
from .log import say
from .manifest import Manifest
from .move.record import refuse_if_closed
from .releases import manifest_of


def check(layout: Layout) -> int:
    """Checks the running site. Pulumi compares only settings, so it does not notice a stopped container."""
    machine.check()
    with lock.held(layout):
        manifest = manifest_of(layout.current)
        if manifest is None:
            raise Refusal("No site runs here.")
        refuse_if_closed(manifest)
        space.warn(layout, manifest)
        keep_backup.warn(layout, manifest)
        project = Project(manifest.project)
        containers = project.snapshot()
        down = []
        for service in read_compose_file(project, layout.current).services:
            if not containers.container_of(service):
                say(f"{service} has no container.")
                down.append(service)
            elif not is_ready(containers, manifest, service, times.UNCHANGED_WITHIN):
                down.append(service)
        if down:
            raise Refusal(
                f"The site is incomplete. These services do not work: {' '.join(down)}. A release recreates them: pulumi up"
                " --replace '**site-release'"
            )
        try:
            hooks.smoke_test(containers, manifest)
        except NotStarted:
            return 1
    say("Every service of the site answers.")
    return 0


def renew(layout: Layout) -> int:
    """Renews the certificate if it is due. A timer runs this command."""
    machine.check()
    with lock.held(layout):
        manifest = manifest_of(layout.current)
        project = Project(manifest.project if manifest else "")
        certificates = certificates_of(layout, project, layout.current, manifest) if manifest else []
        if not certificates:
            raise Refusal("There is no certificate to renew here: no site that gets its own is running.")
        for certificate in certificates:
            try:
                certificate.request()
            except NotIssued as reason:
                raise Refusal(f"The certificate could not be renewed; the present one stays in use. {reason}") from reason
            if not certificate.place():
                say("The certificate needs no renewal yet.")
                continue
            try:
                containers = project.snapshot()
                activate.reload(layout, containers, containers.running)
            except NotStarted:
                return 1
            say("The certificate was renewed, and is in use.")
    return 0


def down(layout: Layout, name: str) -> int:
    """Takes the site down; notebooks and other data stay."""
    # If Docker was uninstalled, no container runs.
    has_docker = shutil.which("docker") is not None
    if has_docker:
        machine.check()
    with lock.held(layout):
        last = _last(layout)
        if last:
            refuse_if_closed(last)
        units.remove_all(layout)
        if has_docker:
            _remove_containers(layout, Project(name))
        for path in (
            layout.files,
            layout.secrets,
            layout.releases,
            layout.units,
            layout.hashes,
            layout.changed,
            layout.reboots,
            layout.current,
            layout.previous,
        ):
            remove(path)
    say("The site is down. Notebooks and other data stay where they are.")
    return 0


def _last(layout: Layout) -> Optional[Manifest]:
    """The running release; None also where it is not understood, which must not keep a site up."""
    try:
        return manifest_of(layout.current)
    except Refusal:
        return None


def _remove_containers(layout: Layout, project: Project) -> None:
    other = machine.other_owner(layout, project)
    if other:
        say(f"The containers of {project.name} were released from another folder ({other}): they stay.")
        return
    people_servers.remove(project)
    # --volumes removes only anonymous volumes and those in memory. No new container would use them again.
    words = ["--profile", "check", "--profile", "certificates", "down", "--remove-orphans", "--volumes"]
    argv = ["docker", "compose", "--project-name", project.name, *words]
    result = run(argv, within=times.STARTED_WITHIN, errors=True, changes_site=True)
    if not result.ok:
        said = f"nothing, for {times.STARTED_WITHIN // 60} minutes" if result.code == TIMED_OUT else result.last_line
        raise Refusal(f"The site could not be taken down. Fix the cause, and run pulumi destroy again. Docker says: {said}")
