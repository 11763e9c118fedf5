"""Tags that move: each release looks up where they lead by now."""

from __future__ import annotations

from dataclasses import dataclass

from . import docker, times
from .docker import Container, Project
from .errors import Refusal
from .images import free_mib, pull
from .log import say
from .manifest import Image, Manifest

# What a registry says that answers. One that does not is not asked again.
_ANSWERS = ("not found", "manifest unknown", "denied", "unauthorized")


@dataclass(frozen=True)
class Renewed:
    """An image whose tag leads to another one since."""

    image: Image
    old: str


def renew(project: Project, manifest: Manifest, pulled: set[str]) -> list[Renewed]:
    """
    Pulls the newer images. Compose recreates the containers of those that differ. `docker pull` is the question as well: it
    fetches a few kilobytes when nothing has changed. Without an answer, the image that is here is run.

    pulled: what was just pulled needs no other look.
    """
    floating = [image for image in manifest.images if image.pin and image.reference not in pulled]
    in_use = _images_in_use(project) if floating else {}
    silent: set[str] = set()
    renewed = []
    for image in floating:
        registry = image.reference.partition("/")[0]
        if registry in silent:
            continue
        # A run that was killed may have moved the tag already.
        old = in_use.get(image.reference) or docker.image_id(image.reference)
        need = image.size_mib + 300
        if free_mib() < need:
            say(
                f"{image.reference} was not looked up: there may be a newer image, and less than {need} MiB are free for it (docker"
                " system df shows what Docker holds). The one that is here is run."
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
    """Whether the registry has answered."""
    looked = pull(image.reference, image.size_mib, times.RENEWED_WITHIN)
    if looked.ok:
        return True
    words = looked.last_line or f"no answer within {times.RENEWED_WITHIN} seconds"
    say(f"{image.reference} could not be looked up; the image that is here is run. Docker says: {words}")
    return any(answer in words for answer in _ANSWERS)


def _images_in_use(project: Project) -> dict[str, str]:
    """The image that each tag led to when the site's containers were made."""
    in_use: dict[str, str] = {}
    for container in docker.inspect(*project.containers()):
        in_use.setdefault(container.image, container.image_id)
    return in_use


def is_renewed(container: Container) -> bool:
    """Its tag leads to another image by now, so that Compose recreates it."""
    return container.image_id != docker.image_id(container.image)


def _version_of(image: str) -> str:
    version = '{{with .Config.Labels}}{{index . "org.opencontainers.image.version"}}{{end}}'
    return docker.ask("image", "inspect", "--format", version, image).text


def _digest_of(image: str) -> str:
    digests = docker.ask("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", image).lines
    return next((each.rpartition("@")[2] for each in digests if "@" in each), "")


def _about(image: str) -> str:
    """Its version, if it tells one, and its digest in short."""
    return ", ".join(word for word in (_version_of(image), _digest_of(image)[:19]) if word)


def put_back(renewed: list[Renewed]) -> None:
    """Points the tags at the images before."""
    say("It is tried once more with the images before.")
    for each in renewed:
        docker.act("tag", each.old, each.image.reference)


def refuse(release: str, renewed: list[Renewed]) -> Refusal:
    """The release runs, so that whoever was taken off the list is out; only the new images do not."""
    pins = [
        each.image.pin.replace("{digest}", _digest_of(each.old)).replace("{version}", _version_of(each.old) or "VERSION")
        for each in renewed
    ]
    return Refusal(
        f"Release {release} is running, but not with the images that were renewed. To stay with one before until there is a newer"
        " one, and then run pulumi up again:\n" + "\n".join(f"    {pin}" for pin in pins)
    )


def forget(renewed: list[Renewed]) -> None:
    """Removes the images that were replaced, unless something else on this machine uses them or another tag leads to them."""
    for each in renewed:
        if not docker.ask("image", "inspect", "--format", "{{range .RepoTags}}{{.}}{{end}}", each.old).text:
            docker.act("image", "rm", each.old)
