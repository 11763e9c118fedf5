"""The backup, as commands of this program make it: a container of the site runs restic."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Optional

from . import data_dirs, docker, machine, times
from .command import TIMED_OUT
from .docker import Project, said_by_compose
from .errors import Refusal
from .layout import Layout
from .log import say
from .manifest import Backup, Manifest
from .releases import manifest_of

# Days. Longer than a weekend in which the machine was off, and than the week between two drills.
_OLD, _OLD_DRILL = 2, 8


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
    return 0 if result.ok else 1


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
    # The release has the key again.
    _left_key(manifest.backup).unlink(missing_ok=True)
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


def leave(layout: Layout, manifest: Optional[Manifest]) -> None:
    """
    When the site is taken down: leaves the key beside the data, which stay, too, and says how to bring the work back. Pulumi
    forgets the key with the stack.
    """
    if manifest is None or manifest.backup is None:
        return
    backup = manifest.backup
    key, left = layout.secrets / backup.service / backup.secrets / "key", _left_key(backup)
    if not (key.is_file() and left.parent.is_dir()):
        return
    left.unlink(missing_ok=True)
    # The program's umask lets nobody else read it.
    shutil.copyfile(key, left)
    say(
        f"The backup of its work stays at {backup.destination}. Only its key opens it, which is now in {left}: keep a copy"
        f" elsewhere. To bring the work back: pulumi config set --path backup.to '{backup.destination}';"
        f" cat '{left}' | pulumi config set --secret --path backup.key; pulumi up;"
        f" npm run restore -- -s STACK --from {manifest.project}"
    )


def _left_key(backup: Backup) -> Path:
    return Path(backup.state) / "key"


def warn(layout: Layout, manifest: Manifest) -> None:
    """Says that the last backup failed, or is old."""
    if manifest.backup is None:
        return
    state = Path(manifest.backup.state)
    issue, good = state / "issue", state / "good"
    try_now = f"Make one now: sh '{layout.program}' backup"
    if issue.is_file():
        say(f"The last backup was not whole: {issue.read_text('utf-8', 'replace').strip()}. {try_now}")
    elif good.is_file() and _days_since(good) > _OLD:
        say(f"The last whole backup is {_days_since(good)} days old. The next one is due within the hour. {try_now}")
    elif good.is_file() and _days_since(state / "restored") > _OLD_DRILL:
        say(
            f"No restore has been tried for more than {_OLD_DRILL} days. A drill is due every week, and needs room on the disk for"
            f" the largest of notebooks, home directory and volumes. {try_now}"
        )


def _days_since(file: Path) -> int:
    """Whole days since a file was written; many if there is none."""
    try:
        return int((time.time() - file.stat().st_mtime) // (24 * 3600))
    except FileNotFoundError:
        return 1000
