"""The backup, as commands of this program make it: a container of the site runs restic."""

from __future__ import annotations

from pathlib import Path

from . import data_dirs, docker, machine, times
from .command import TIMED_OUT
from .docker import Project, said_by_compose
from .errors import Refusal
from .history.backup_state import concern_of, write_notice
from .layout import Layout
from .log import say
from .manifest import Backup, Manifest
from .releases import manifest_of


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
    if manifest.history:
        write_notice(manifest.history)
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
    # nginx mounts this folder, and runs as another user.
    if manifest.history and manifest.history.backup:
        data_dirs.make_folder(Path(manifest.history.backup.notice).parent)
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
    """Says that the last backup or drill failed, or is old; on the terminal, and on the front page."""
    if manifest.history is None or manifest.history.backup is None:
        return
    write_notice(manifest.history)
    said = concern_about(manifest)
    if said:
        say(f"{said} Make one now: sh '{layout.program}' backup")


def concern_about(manifest: Manifest) -> str:
    """A sentence about what is wrong with the backup; empty if it is good."""
    concern = concern_of(manifest.history) if manifest.history else None
    if concern is None:
        return ""
    days, reason = concern.days, concern.reason
    said = {
        "failed": f"The last backup was not whole: {reason}.",
        "drill failed": f"The last drill of the backup failed: {reason}.",
        "none": f"No backup has been made since it was switched on {days} days ago.",
        "old": f"The last whole backup is {days} days old. The next one is due within the hour.",
        "old drill": (
            "No restore has been tried for more than a week. A drill is due every week, and needs room on the disk for the largest"
            " of notebooks, home directory, volumes and databases."
        ),
    }
    return said[concern.kind]
