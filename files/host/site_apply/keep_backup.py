"""The backup, as commands of this program make it: a container of the site runs restic."""

from __future__ import annotations

import time
from pathlib import Path

from . import data_dirs, docker, machine, times
from .command import TIMED_OUT
from .docker import Project, said_by_compose
from .errors import Refusal
from .layout import Layout
from .log import say
from .manifest import Backup, Manifest
from .releases import manifest_of

# Days. Longer than a weekend in which the machine was off, and than the week between two drills.
_OLD, _OLD_DRILL = 3, 8
# The dumps of all databases except that of the notebooks, in the history. Results of drills are beside them.
_DATABASES = "site/databases"


def back_up(layout: Layout) -> int:
    """`site-apply backup`: copies the newest states of the history to the destination; the timer of a release runs it."""
    machine.check()
    manifest, backup = site_with_backup(layout)
    project = Project(manifest.project)
    words = ("--profile", "backup", "run", "--rm", "--no-deps", "-T", backup.service, "once")
    result = project.compose(layout.current, *words, within=times.BACKED_UP_WITHIN)
    for line in said_by_compose(result):
        say(line)
    if result.code == TIMED_OUT:
        say(f"The backup took more than {times.BACKED_UP_WITHIN // 3600} hours and was ended. The next one goes on from there.")
        # A killed Compose leaves its container behind.
        for container in project.containers(
            f"label=com.docker.compose.service={backup.service}", "label=com.docker.compose.oneoff=True"
        ):
            docker.act("rm", "--force", container)
    is_good = _drill(manifest, project)
    return 0 if result.ok and is_good else 1


def _drill(manifest: Manifest, project: Project) -> bool:
    """Has the services try a restore of their dumps. They do it once a week."""
    is_good = True
    for service in [each for each in manifest.services if each.drill]:
        container = project.snapshot().running_container_of(service.name)
        if container:
            result = docker.act("exec", container, *service.drill, within=times.LOADED_WITHIN)
            for line in result.lines:
                say(line)
            is_good = is_good and result.ok
    return is_good


def site_with_backup(layout: Layout) -> tuple[Manifest, Backup]:
    """The running release, and its backup. Throws Refusal if it has none."""
    manifest = manifest_of(layout.current)
    if manifest is None or manifest.backup is None:
        raise Refusal("No site runs here that has a backup. Name a place for it: pulumi config set --path backup.to FOLDER")
    return manifest, manifest.backup


def make_folders(manifest: Manifest) -> None:
    """The folders that the service mounts."""
    if manifest.backup is None:
        return
    for folder in (manifest.backup.state, manifest.backup.folder):
        if not folder or Path(folder).is_dir():
            continue
        try:
            data_dirs.make_folder(Path(folder).parent)
            Path(folder).mkdir(mode=0o700)
        except OSError as error:
            raise Refusal(
                f"The folder {folder} cannot be made by {machine.user_name()} ({error.strerror}). Nothing was changed. Make it, or"
                " name another place for the backup (pulumi config set --path backup.to FOLDER), and run pulumi up again."
            ) from error
    begun = Path(manifest.backup.state) / "begun"
    if not begun.exists():
        begun.touch()


def warn(layout: Layout, manifest: Manifest) -> None:
    """Says that the last backup or drill failed, or is old."""
    if manifest.backup is None:
        return
    state = Path(manifest.backup.state)
    drills = _drills_of_databases(manifest)
    issue, begun, good = state / "issue", state / "begun", state / "good"
    failed = [each / "drill.failed" for each in drills if _text(each / "drill.failed")]
    restored = [state / "restored", *(each / "drill.good" for each in drills)]
    try_now = f"Make one now: sh '{layout.program}' backup"
    if issue.is_file():
        say(f"The last backup was not whole: {_text(issue)}. {try_now}")
    elif failed:
        say(f"The last drill of the backup failed: {_text(failed[0])}. {try_now}")
    elif not good.is_file():
        if begun.is_file() and _days_since(begun) > _OLD:
            say(f"No backup has been made since it was switched on {int(_days_since(begun))} days ago. {try_now}")
    elif _days_since(good) > _OLD:
        say(f"The last whole backup is {int(_days_since(good))} days old. The next one is due within the hour. {try_now}")
    elif max(map(_days_since, restored)) > _OLD_DRILL:
        say(
            f"No restore has been tried for more than {_OLD_DRILL} days. A drill is due every week, and needs room on the disk for"
            f" the largest of notebooks, home directory, volumes and databases. {try_now}"
        )


def _drills_of_databases(manifest: Manifest) -> list[Path]:
    """The folders in which services with databases leave the results of their drills."""
    if manifest.history is None or not any(service.drill for service in manifest.services):
        return []
    return [Path(each.path) / ".new" for each in manifest.history.sources if each.at == _DATABASES]


def _text(file: Path) -> str:
    """The first line of a file; empty if there is none."""
    try:
        return file.read_text("utf-8", "replace").strip().partition("\n")[0]
    except FileNotFoundError:
        return ""


def _days_since(file: Path) -> float:
    """Days since a file was written; many if there is none."""
    try:
        return (time.time() - file.stat().st_mtime) / (24 * 3600)
    except FileNotFoundError:
        return 1000
