"""Pulls a release's images before it is activated, and removes images that no release uses any more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from . import docker, kept, log, pace, space, times
from .command import TIMED_OUT, Result, run
from .errors import Refusal
from .layout import Layout
from .log import say, say_step
from .manifest import Image, Manifest
from .releases import manifest_of

# In MiB: a pull of this size or more is worth a measurement of the disk.
_LARGE = 1000


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
    _announce_pull(missing)
    for number, image in enumerate(missing, start=1):
        _pull_missing(layout, image, f", image {number} of {len(missing)}" if len(missing) > 1 else "")
    return {image.reference for image in missing}


def _announce_pull(missing: list[Image]) -> None:
    """Says how long the pull will take, if it is long."""
    mib = sum(image.size_mib for image in missing)
    if mib < _LARGE:
        return
    minutes = pace.minutes_to_pull(mib)
    if minutes >= 2:
        say(f"{mib} MiB of images are missing, and this disk {pace.disk()}: the pull takes about {minutes} minutes.")


def _pull_missing(layout: Layout, image: Image, which: str) -> None:
    """which: `, image 1 of 5`."""
    say(f"Pulling {image.reference} ({image.size_mib} MiB unpacked{which}) ...")
    began = time.monotonic()
    within = pace.pulled_within(image.size_mib) if image.size_mib >= _LARGE else times.PULLED_WITHIN
    pulled = pull(image.reference, image.size_mib, within)
    if pulled.code == TIMED_OUT:
        raise Refusal(
            f"The image {image.reference} did not arrive within {within / 60:.0f} minutes. Nothing was changed. What has"
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
    say_step(f"Pulled {image.reference}", began)


def pull(reference: str, mib: int, within: float) -> Result:
    """
    Pulls an image. Each minute, shows how much has arrived, estimated from the free disk space.

    mib: the image's size. within: seconds.
    """
    before = free_mib()
    waiting = log.Waiting(f"Pulling {reference}")

    def tell() -> None:
        if waiting.is_time_to_say():
            waiting.still(_so_far(min(before - free_mib(), mib), mib, waiting.seconds))

    return docker.act("pull", "--quiet", reference, within=within, meanwhile=tell)


def _so_far(arrived: int, mib: int, seconds: float) -> str:
    """`: about 300 of 500 MiB, 2 minutes left`"""
    if arrived <= 0:
        return ""
    left = (mib - arrived) * seconds / arrived / 60
    return f": about {arrived} of {mib} MiB, {left:.0f} minutes left"


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
