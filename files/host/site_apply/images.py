"""Pulls a release's images before it is activated, and removes images that no release uses any more."""

from __future__ import annotations

import os

from . import docker, log, times
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
    missing = [image for image in manifest.images if not docker.has_image(image.reference)]
    if not missing:
        return set()
    need = sum(image.size_mib for image in missing) + 300
    free = free_mib()
    if free < need:
        raise Refusal(
            f"The disk is too full: the new images need {need} MiB, but only {free} MiB are free at {docker.info('DockerRootDir')}."
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
    disk = docker.info("DockerRootDir")
    if not os.path.isdir(disk):
        return 1_000_000
    told = run(["df", "-Pk", disk], within=times.QUESTION_WITHIN)
    return int(told.lines[1].split()[3]) // 1024


def prune_images(layout: Layout) -> None:
    """
    Removes images that releases pulled and that neither the running nor the previous release needs. An image stays if it existed
    before the site, or if any container uses it.
    """
    if not layout.pulled.is_file():
        return
    wanted = set(docker.answer("ps", "--all", "--format", "{{.Image}}").split("\n"))
    for release in (layout.current, layout.previous):
        manifest = manifest_of(release)
        if manifest:
            wanted.update(image.reference for image in manifest.images)
    kept = []
    for reference in sorted(set(layout.pulled.read_text().split())):
        if not docker.has_image(reference):
            continue  # A user has removed it.
        if reference not in wanted and docker.act("image", "rm", reference).ok:
            say(f"The image {reference} was removed: no release names it any more.")
        else:
            kept.append(reference)
    new = layout.incoming / "pulled"
    new.write_text("".join(f"{reference}\n" for reference in kept))
    new.replace(layout.pulled)
