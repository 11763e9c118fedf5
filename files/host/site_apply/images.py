"""Pulls a release's images before it is activated, and removes images that no release uses any more."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from . import docker, kept, log, space, times
from .command import TIMED_OUT, Result, run
from .errors import Refusal
from .layout import Layout
from .log import say
from .manifest import Image, Manifest
from .releases import manifest_of


def pull_missing(layout: Layout, manifest: Manifest) -> set[str]:
    """
    Pulls missing images, and returns their references. Throws Refusal.

    The free space is checked first, because a full disk would stop the running site.
    """
    present = docker.image_ids(image.reference for image in manifest.images)
    missing = [image for image in manifest.images if image.reference not in present]
    if not missing:
        return set()
    need = sum(image.size_mib for image in missing) + 300
    free = _make_space(layout, need)
    if free < need:
        raise Refusal(
            f"The disk is too full: the new images need {need} MiB, but only {free} MiB are free at {docker.engine().folder}."
            f" Nothing was changed. Free {need - free} MiB (docker image prune --all removes each image that no container uses;"
            " docker system df shows what Docker holds), and run pulumi up again."
        )
    for image in missing:
        _pull_missing(layout, image)
    return {image.reference for image in missing}


def _pull_missing(layout: Layout, image: Image) -> None:
    say(f"Pulling {image.reference} ({image.size_mib} MiB unpacked) ...")
    pulled = pull(image.reference, image.size_mib, times.PULLED_WITHIN)
    if pulled.code == TIMED_OUT:
        raise Refusal(
            f"The image {image.reference} did not arrive within {times.PULLED_WITHIN // 60} minutes. Nothing was changed. What has"
            " arrived is kept: make sure that this machine reaches the registry, and run pulumi up again."
        )
    if not pulled.ok:
        raise Refusal(
            f"The image {image.reference} could not be pulled. Nothing was changed. Check its name and tag"
            f" ({image.setting or 'pulumi config'}), and this machine's way to the registry; then run pulumi up again."
            f" Docker says: {pulled.last_line}"
        )
    with layout.pulled.open("a") as file:
        file.write(f"{image.reference}\n")


def pull(reference: str, mib: int, within: float) -> Result:
    """
    Pulls an image. Each minute, shows how much has arrived, estimated from the free disk space.

    mib: the image's size. within: seconds.
    """
    before = free_mib()
    waiting = log.Waiting(f"Pulling {reference}")

    def tell() -> None:
        if waiting.is_time_to_say():
            arrived = min(before - free_mib(), mib)
            waiting.still(f": about {arrived} of {mib} MiB" if arrived > 0 else "")

    return docker.act("pull", "--quiet", reference, within=within, meanwhile=tell)


def free_mib() -> int:
    """Free space for images in MiB; a large number if Docker runs in its own virtual machine, whose disk is not visible."""
    disk = docker.engine().folder
    if not os.path.isdir(disk):
        return 1_000_000
    told = run(["df", "-Pk", disk], within=times.QUESTION_WITHIN)
    return int(told.lines[1].split()[3]) // 1024


def _make_space(layout: Layout, need: int) -> int:
    """Removes the oldest kept releases until the space suffices, and returns how much there is. MiB."""
    free = free_mib()
    while free < need and _forget_oldest(layout):
        free = free_mib()
    return free


def _forget_oldest(layout: Layout) -> bool:
    """Removes the oldest kept release with its images. Returns False if none can be removed."""
    forgotten = kept.forget_oldest(layout)
    if forgotten is None:
        return False
    say(f"Release {forgotten.release} was removed, because the disk needs its space: a rollback to it is no longer possible.")
    prune_images(layout)
    remove_untagged(forgotten.images.values())
    return True


def make_space_beside(layout: Layout) -> None:
    """Removes the oldest kept releases while Docker's disk is nearly full."""
    folder = docker.engine().folder
    if os.path.isdir(folder):
        while space.disk_of(Path(folder)).is_nearly_full and _forget_oldest(layout):
            pass


def remove_untagged(ids: Iterable[str]) -> None:
    """Removes images by id, unless a tag names them or a container uses them."""
    for each in ids:
        found = docker.ask("image", "inspect", "--format", "{{range .RepoTags}}{{.}}{{end}}", each)
        if found.ok and not found.text:
            docker.act("image", "rm", each)


def prune_images(layout: Layout) -> None:
    """
    Removes images that releases pulled and that no kept release needs. An image stays if it existed before the site, or if any
    container uses it.
    """
    if not layout.pulled.is_file():
        return
    history = kept.read(layout)
    wanted = set(docker.answer("ps", "--all", "--format", "{{.Image}}").split("\n"))
    for release in (layout.incoming, *(layout.releases / each.release for each in history.releases)):
        manifest = manifest_of(release)
        if manifest:
            wanted.update(image.reference for image in manifest.images)
    left = []
    # A user may have removed some.
    for reference in sorted(docker.image_ids(layout.pulled.read_text().split())):
        if reference not in wanted and docker.act("image", "rm", reference).ok:
            say(f"The image {reference} was removed: no release names it any more.")
        else:
            left.append(reference)
    new = layout.incoming / "pulled"
    new.write_text("".join(f"{reference}\n" for reference in left))
    new.replace(layout.pulled)
