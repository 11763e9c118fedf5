"""`site-apply release`: activates the release that arrives on standard input, or changes nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Callable, Optional

from . import (
    activate,
    archive,
    data_dirs,
    docker,
    firewall,
    floating,
    images,
    keep_backup,
    keep_history,
    kept,
    machine,
    people,
    people_servers,
    ports,
    preflight,
    prune,
    releases,
    restore_new,
    space,
    units,
)
from .announce import announce
from .certificate import certificates_of
from .compose_file import ComposeFile
from .docker import DockerError, Project
from .errors import NotStarted, Refusal
from .floating import Renewed
from .layout import Layout, folders_in, place, target_of
from .log import say, step
from .manifest import Manifest, ManifestError, read_manifest
from .move import door
from .move.record import refuse_if_closed
from .networks import remove_networks_of_refused
from .reboots import record as reboots
from .rollback import roll_back
from .rollout import Rollout
from .status import status
from .verify import expected, hashes, undo
from .verify.undo import Stale


def release(layout: Layout) -> int:
    machine.check_for_release()
    with archive.arrived(layout) as incoming:
        try:
            manifest = read_manifest(Manifest, incoming / releases.FILE)
        except ManifestError as error:
            archive.refuse(str(error))
        return _release(layout, manifest, Project(manifest.project))


def _release(layout: Layout, manifest: Manifest, project: Project) -> int:
    # Nothing before `_switch` changes the running site.
    with step("Machine checked"):
        machine.check_owner(layout, project)
        machine.check_name(layout, manifest)
        refuse_if_closed(manifest)
        space.check(layout, manifest)
        compose = preflight.read_compose(layout, project)
    before = releases.manifest_of(layout.current)
    _place_files(layout)
    renewed, stale = prepare(layout, manifest, project, compose, lambda pulled: floating.renew(project, manifest, pulled))
    releases.keep(layout, manifest.release)
    space.reserve(layout)
    with keep_history.during_release(manifest, before, project):
        return _switch(layout, manifest, project, compose, before, renewed, stale)


def _switch(
    layout: Layout,
    manifest: Manifest,
    project: Project,
    compose: ComposeFile,
    before: Optional[Manifest],
    renewed: list[Renewed],
    stale: list[Stale],
) -> int:
    previous = target_of(layout.current)
    if not previous:
        kept.begin(layout)
    is_other = previous not in ("", f"releases/{manifest.release}")
    people_before = before if is_other else None
    try:
        activate.activate_release(layout, f"releases/{manifest.release}", manifest.release)
        restore_new.restore_new(layout, manifest, project)
        door.forget_ended_move(layout, manifest)
        undo.undo(layout, manifest, stale)
        rollout, is_with_new_images = _start(layout, project, compose, renewed)
    except Exception as error:  # Every error causes a rollback, even one in this program.
        if not isinstance(error, NotStarted):
            say(f"{type(error).__name__}: {error}")
        failed = error.service if isinstance(error, NotStarted) else ""
        space.free_reserve(layout)
        roll_back(layout, project, manifest, previous, failed)
        space.say_if_full(layout, manifest)
        people.end_removed(layout, project, manifest, people_before)
        return 1
    space.free_reserve(layout)
    reboots.forget_problem(layout)
    expected.keep(layout, expected.expected_by(manifest, project, compose), manifest.release)
    undo.forget(layout)
    firewall.guard(layout, project)
    units.place(layout, manifest)
    prune.point_at_previous(layout, manifest.release, previous)
    unneeded = kept.remember(layout, manifest, bool(renewed)) | {each.old for each in renewed}
    # If Docker does not say which files servers of people still use, the next release prunes.
    with suppress(DockerError):
        prune.prune_releases(layout, people_servers.mounted(layout, project))
    people.end_removed(layout, project, manifest, people_before)
    try:
        rollout.run_hooks("post_release")
    except NotStarted:
        pass  # The reason has been shown, and the release stays.
    prune.purge(manifest)
    keep_history.forget_purged(manifest)
    if renewed and not is_with_new_images:
        raise floating.refuse(manifest.release, renewed)
    images.prune_images(layout)
    images.remove_untagged(unneeded - kept.ids(layout))
    images.make_space_beside(layout)
    space.warn(layout, manifest)
    keep_backup.warn(layout, manifest)
    if rollout.broken:
        raise Refusal(
            f"Release {manifest.release} is in use, but {' '.join(rollout.broken)} does not run, and a rollback would not help:"
            " see its log above. Fix the cause (files in the home directory, for Jupyter), and run pulumi up again."
        )
    say(f"Release {manifest.release} is running.")
    return 0


def prepare(
    layout: Layout, manifest: Manifest, project: Project, compose: ComposeFile, renew: Callable[[set[str]], list[Renewed]]
) -> tuple[list[Renewed], list[Stale]]:
    """
    Does everything before the activation. Throws Refusal and leaves the running site unchanged.

    renew: chooses the images of moving tags; it gets the references that have just been pulled.
    Returns the newer images, and the containers that were changed by hand.
    """
    ports.check(project, manifest)
    renewed = renew(images.pull_missing(layout, manifest))
    try:
        with step("Folders and certificates ready"):
            _make_folders(layout, manifest, project)
            for certificate in certificates_of(layout, project, layout.incoming, manifest):
                certificate.ensure()
        with step("Files checked"):
            preflight.check_files(layout, project, compose)
    except Refusal:
        remove_networks_of_refused(layout, project)
        raise
    containers = docker.inspect(*project.containers())
    wanted = expected.wanted_by(manifest, project, compose)
    stale = undo.stale_containers(manifest, wanted, containers, undo.marked(layout))
    announce(layout, project, compose, containers, stale)
    firewall.guard(layout, project)
    return renewed, stale


def _make_folders(layout: Layout, manifest: Manifest, project: Project) -> None:
    keep_history.make_folders(manifest)
    keep_backup.make_folders(manifest)
    status.make_folder(manifest)
    restore_new.check(manifest)
    data_dirs.make(layout, project, manifest)
    keep_history.make_mount_point(manifest)


def _place_files(layout: Layout) -> None:
    for service in folders_in(layout.incoming):
        for version in folders_in(service):
            folder = layout.files / service.name
            folder.mkdir(parents=True, exist_ok=True)
            for path in (layout.files, folder, version, *_folders_below(version)):
                path.chmod(0o755)
            if place(version, folder / version.name):
                undo.mark(layout, [service.name])
            hashes.keep(layout, folder / version.name)


def _folders_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_dir()]


def _start(layout: Layout, project: Project, compose: ComposeFile, renewed: list[Renewed]) -> tuple[Rollout, bool]:
    """
    Starts the release. If that fails and newer images were pulled, tries again with the previous ones.

    Returns the rollout, and whether it runs with the newer images.
    """
    try:
        rollout = Rollout(layout, project, compose)
        rollout.start()
        return rollout, True
    except (NotStarted, DockerError):
        if not renewed:
            raise
    floating.put_back(renewed)
    rollout = Rollout(layout, project, compose)
    rollout.start()
    return rollout, False
