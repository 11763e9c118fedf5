"""Pulls newer images of moving tags at each release. A moving tag, such as `11.8`, names a newer image from time to time."""

from __future__ import annotations

from dataclasses import dataclass

from . import docker, times
from .docker import Container, Project
from .errors import Refusal
from .images import free_mib, pull
from .log import say, step
from .manifest import Image, Manifest

# Errors that show that the registry answered. A registry that did not answer is not asked again in the same release.
_ANSWERS = ("not found", "manifest unknown", "denied", "unauthorized")


@dataclass(frozen=True)
class Renewed:
    """An image whose tag now names another image; `old` is the id of the previous one."""

    image: Image
    old: str


def renew(project: Project, manifest: Manifest, pulled: set[str]) -> list[Renewed]:
    """
    Pulls newer images of moving tags, and returns those that changed. Compose then recreates their containers.

    If nothing has changed, `docker pull` fetches only a few kilobytes. If the registry does not answer, the local image is used.

    pulled: references that this release has already pulled.
    """
    floating = [image for image in manifest.images if image.pin and image.reference not in pulled]
    if not floating:
        return []
    with step("Moving tags looked up"):
        return _renew(floating, _images_in_use(project))


def _renew(floating: list[Image], in_use: dict[str, str]) -> list[Renewed]:
    """in_use: ids of the images of the site's containers, by reference."""
    silent: set[str] = set()
    renewed = []
    for image in floating:
        registry = image.reference.partition("/")[0]
        if registry in silent:
            continue
        # An earlier run that was killed may have moved the tag already.
        old = in_use.get(image.reference) or docker.image_id(image.reference)
        need = image.size_mib + 300
        if free_mib() < need:
            say(
                f"{image.reference} was not checked for a newer image, because less than {need} MiB are free (docker system df"
                " shows what Docker holds). The image on this machine is used."
            )
            continue
        if not _look_up(image):
            silent.add(registry)
        now = docker.image_id(image.reference)
        if now != old:
            say(f"{image.reference} is now {_about(now)}, it was {_about(old)}.")
            renewed.append(Renewed(image, old))
    return renewed


def _look_up(image: Image) -> bool:
    """Pulls an image. Returns whether the registry answered."""
    looked = pull(image.reference, image.size_mib, times.RENEWED_WITHIN)
    if looked.ok:
        return True
    words = looked.last_line or f"no answer within {times.RENEWED_WITHIN} seconds"
    say(f"{image.reference} could not be checked for a newer image; the image on this machine is used. Docker says: {words}")
    return any(answer in words for answer in _ANSWERS)


def _images_in_use(project: Project) -> dict[str, str]:
    """The image id of each reference that the site's containers were created from."""
    in_use: dict[str, str] = {}
    for container in docker.inspect(*project.containers()):
        in_use.setdefault(container.image, container.image_id)
    return in_use


def is_renewed(container: Container, ids: dict[str, str]) -> bool:
    """Whether the container's tag now names another image, so that Compose recreates it. ids: of images, by reference."""
    return container.image_id != ids.get(container.image, "")


def _version_of(image: str) -> str:
    version = '{{with .Config.Labels}}{{index . "org.opencontainers.image.version"}}{{end}}'
    return docker.ask("image", "inspect", "--format", version, image).text


def _digest_of(image: str) -> str:
    digests = docker.ask("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", image).lines
    return next((each.rpartition("@")[2] for each in digests if "@" in each), "")


def _about(image: str) -> str:
    """An image's version label, if it has one, and its short digest."""
    return ", ".join(word for word in (_version_of(image), _digest_of(image)[:19]) if word)


def put_back(renewed: list[Renewed]) -> None:
    """Makes the tags name the previous images again."""
    say("Trying once more with the previous images.")
    for each in renewed:
        docker.act("tag", each.old, each.image.reference)


def refuse(release: str, renewed: list[Renewed]) -> Refusal:
    """The error for a release that runs only with the previous images. Its other changes are in effect, such as the allow list."""
    pins = [
        each.image.pin.replace("{digest}", _digest_of(each.old)).replace("{version}", _version_of(each.old) or "VERSION")
        for each in renewed
    ]
    return Refusal(
        f"Release {release} is running, but without the newer images. To pin the previous ones until there are newer ones, and then"
        " run pulumi up again:\n" + "\n".join(f"    {pin}" for pin in pins)
    )
