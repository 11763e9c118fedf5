"""Rolls back to the previous release. Pulumi cannot do this, because its engine runs no further commands after a failure."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from . import activate, times
from .allow_lists import allowed_by_both
from .compose_file import read_compose_file
from .docker import DockerError, Project
from .errors import NotStarted
from .layout import Layout, link, remove, target_of
from .log import say
from .manifest import Manifest, Service
from .releases import manifest_of
from .rollout import Rollout

_ADVICE = "Fix the cause above, and run pulumi up again."


def roll_back(layout: Layout, project: Project, newest: Manifest, previous: str, failed: str) -> None:
    """
    Rolls back to the previous release.

    previous: former target of the link `current`, `releases/ID`; empty before the first release. failed: the service that does
    not work; empty if the cause is another one.
    """
    if not previous:
        project.compose(layout.current, "down", "--remove-orphans", within=times.STARTED_WITHIN, changes_site=True)
        remove(layout.current)
        say(f"There is no earlier release to roll back to; the started containers were removed. {_ADVICE}")
        return
    if previous == f"releases/{newest.release}" or not (layout.root / previous).is_dir():
        _reload(layout, project)
        say(f"There is no other release to roll back to. {_what_runs(layout, project, failed)} {_ADVICE}")
        return
    try:
        keep_lists(layout, project, newest, layout.root / previous, newest.release)
    except OSError as error:
        say(f"The newer allow list could not be applied ({error}).")
    put_back(layout, project, previous, newest.release)


def put_back(layout: Layout, project: Project, previous: str, newest: str) -> None:
    """
    Runs the previous release again.

    previous: `releases/ID`. newest: the id of the newest release, whose allow lists keep_lists has kept.
    """
    activate.activate_release(layout, previous, newest)
    # The reload comes first, so that the allow list is in effect even if a later step fails.
    _reload(layout, project)
    words = f"The previous release ({previous.removeprefix('releases/')}) was put back"
    try:
        Rollout(layout, project, read_compose_file(project, layout.current)).start()
    except (NotStarted, DockerError, OSError) as error:
        failed = error.service if isinstance(error, NotStarted) else ""
        if not isinstance(error, NotStarted):
            say(str(error))
        say(f"{words}, but not all of it works (see above). {_what_runs(layout, project, failed)} {_ADVICE}")
    else:
        say(f"{words} and is running. {_ADVICE}")


def _reload(layout: Layout, project: Project) -> None:
    try:
        containers = project.snapshot()
        activate.reload(layout, containers, containers.running)
    except (NotStarted, DockerError, OSError):
        pass  # The reason has been shown, or will be when the service is started.


def _what_runs(layout: Layout, project: Project, failed: str) -> str:
    """
    A sentence that lists the running services of the current release. The failed service does not count, although its container
    may run briefly between two restarts.
    """
    try:
        containers = project.snapshot().containers
        running = sorted({each.service for each in containers if each.state == "running" and each.service} - {failed})
        absent = sorted(set(read_compose_file(project, layout.current).services) - set(running))
    except DockerError as error:
        return f"The running services are not known. {error}."
    if not running:
        return "The site is down: none of its services runs."
    missing = f"; these do not: {' '.join(absent)}" if absent else ""
    return f"These services run: {' '.join(running)}{missing}."


def keep_lists(layout: Layout, project: Project, newer: Manifest, previous: Path, newest: str) -> None:
    """
    Makes sure that a rollback does not let in users whom a newer release removed.

    Copies the earlier release's files to a folder with the names of both releases. The allow lists in it contain only users whom
    both the earlier release and the lists in use allow. The service checks these files as in any release. If the check fails, the
    files in use stay.

    newer: the release whose files are in use. newest: the name of its lists; see newest_lists.
    """
    earlier_release = manifest_of(previous)
    for service in newer.services:
        if not service.lists:
            continue
        folder = layout.files / service.name
        earlier = earlier_release.service(service.name).files if earlier_release else ""
        in_use = target_of(folder / "current") or service.files
        kept = folder / f"{earlier}.{newest}"
        if kept.name == in_use:
            continue
        remove(kept)
        if not earlier or not (folder / earlier).is_dir() or earlier == in_use:
            continue
        refusal = _take_over(layout, project, service, previous, folder / earlier, folder / in_use, kept)
        if refusal is not None:
            say(
                f"{service.name} cannot use the earlier release's files with the newer allow list, so the newer release's"
                f" files stay in use. It says: {refusal}"
            )
            remove(kept)
            link(in_use, kept)


def newest_lists(layout: Layout, manifest: Manifest) -> str:
    """
    The id of the release whose allow lists the running one keeps: its own, or that of a newer one since a rollback.

    manifest: the running release.
    """
    for service in manifest.services:
        in_use, _, newest = target_of(layout.files / service.name / "current").partition(".")
        if service.lists and newest and in_use == service.files:
            return newest
    return manifest.release


def _take_over(
    layout: Layout, project: Project, service: Service, previous: Path, earlier: Path, newer: Path, kept: Path
) -> Optional[str]:
    """Creates and checks the folder `kept`. Returns why the service cannot use it, or None."""
    try:
        shutil.copytree(earlier, kept)
        for name in service.lists:
            if (earlier / name).is_file() and (newer / name).is_file():
                (kept / name).write_text(allowed_by_both((earlier / name).read_text(), (newer / name).read_text()))
        checked = layout.incoming / "kept"
        checked.mkdir(exist_ok=True)
        compose = (previous / "compose.yaml").read_text()
        files = f"/files/{service.name}/{earlier.name}"
        (checked / "compose.yaml").write_text(compose.replace(files, f"/files/{service.name}/{kept.name}"))
    except OSError as error:
        # copytree goes on after an error, and reports all of them.
        first = error.args[0][0][-1] if isinstance(error, shutil.Error) else error
        return str(first)
    run = ("--profile", "check", "run", "--rm", "--no-deps", "-T", f"{service.name}-check")
    result = project.compose(checked, *run, within=times.CHECKED_WITHIN)
    return None if result.ok else " ".join(result.lines[-2:])
