"""Creates the data folders of apps. This program does not know the images of apps or their users."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from . import data_dirs, docker, times
from .docker import Project
from .errors import Refusal
from .layout import Layout
from .machine import user_name
from .manifest import Manifest
from .privileged import as_root, in_container
from .releases import manifest_of


def make(layout: Layout, project: Project, manifest: Manifest, image: str, folder: Path) -> None:
    """Creates a volume's folder and gives it to the image's user. Throws Refusal."""
    for place in (folder.parent, folder):
        if os.path.islink(place):
            raise Refusal(
                f"{place} is a link, but an app's data must not be behind a link. Nothing was changed. Put the folder itself there"
                " (mv), or mount it there (mount --bind), and run pulumi up again."
            )
    _move_earlier(layout, project, manifest, folder)
    try:
        data_dirs.make_folder(folder)
    except OSError as error:
        raise Refusal(
            f"The folder {folder} cannot be created by {user_name()}. Nothing was changed. Free some space or change the"
            " permissions, and run pulumi up again."
        ) from error
    # A folder with content, or one that this user may not read, already belongs to the app. There is one exception: earlier
    # versions did not change the owner of a folder that contains another volume. Such a folder still belongs to this user.
    is_ours = os.stat(folder).st_uid == os.geteuid()
    is_filled = _is_filled(folder)
    if is_filled and not is_ours:
        return
    owner = user_of(image)
    if is_filled and owner.partition(":")[0] == str(os.geteuid()):
        return
    if not as_root(manifest, folder, "chown", owner, ".", within=times.QUESTION_WITHIN).ok:
        raise Refusal(
            f"The folder {folder} could not be given to the user of the image {image}. Nothing was changed. Run pulumi up again."
        )


def _is_filled(folder: Path) -> bool:
    try:
        return len(os.listdir(folder)) > 0
    except OSError:
        return True


def _move_earlier(layout: Layout, project: Project, manifest: Manifest, folder: Path) -> None:
    """
    Moves a volume of an earlier version, which kept the volume /var/lib/x in var/lib/x of the app's folder instead of var~lib~x.
    A link stays at the old path, because a rollback may need it.
    """
    app = folder.parent
    earlier = folder.name.replace("~", "/")
    if earlier == folder.name:
        return
    old = app / earlier
    mounted = _mounted_folders(layout, project)
    # An app that mounts a parent of the old folder could replace it with a link at any moment.
    is_reachable = any(str(old).startswith(f"{each}/") for each in mounted)
    if not os.path.lexists(folder) and _is_real(app, earlier) and not is_reachable:
        if not as_root(manifest, app, "mv", earlier, folder.name, within=times.QUESTION_WITHIN).ok:
            raise Refusal(f"The folder {old} could not be moved to {folder}. Nothing was changed. Run pulumi up again.")
    # Runs even if an earlier run was killed after the move.
    if os.path.isdir(folder) and not os.path.exists(old) and str(old) in mounted:
        up = "../" * earlier.count("/")
        as_root(manifest, app, "ln", "-s", up + folder.name, earlier, within=times.QUESTION_WITHIN)


def _is_real(app: Path, path: str) -> bool:
    """Whether a path is a folder inside the app's folder, without symbolic links on the path to it."""
    place = app / path
    return os.path.isdir(place) and os.path.realpath(place) == os.path.join(os.path.realpath(app), path)


def _mounted_folders(layout: Layout, project: Project) -> set[str]:
    """The data folders of the running release, and all folders that the site's containers mount."""
    running = manifest_of(layout.current)
    named = {folder.path for service in running.services for folder in service.folders} if running else set()
    return named.union(*(container.mounts for container in docker.inspect(*project.containers())))


def make_inner(manifest: Manifest, image: str, folder: Path, path: str) -> None:
    """
    Creates a folder inside an app's folder.

    The app could have put symbolic links there. So this is done as the image's user, in a container that sees only the app's
    folder.
    """
    if not os.path.isdir(folder / path):
        in_container(manifest, folder, user_of(image), "mkdir", "-p", path, within=times.QUESTION_WITHIN)


def user_of(image: str) -> str:
    """
    `UID:GID` of an image's user. They are read from the image's files, because the image may not contain a program that prints
    them.
    """
    user = docker.answer("image", "inspect", "--format", "{{.Config.User}}", image)
    if user in ("", "0", "root", "0:0", "root:root"):
        return "0:0"
    container = docker.answer("create", "--network", "none", image, "none")
    try:
        return number_of(user, _file_in(container, "/etc/passwd"), _file_in(container, "/etc/group"))
    finally:
        docker.act("rm", "--volumes", container)


def _file_in(container: str, path: str) -> str:
    """The text of a file in a container; empty if it does not exist."""
    copied = docker.ask("cp", "--follow-link", f"{container}:{path}", "-")
    try:
        with tarfile.open(fileobj=io.BytesIO(copied.raw)) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file:
                    return file.read().decode("utf-8", "replace")
    except tarfile.TarError:
        pass  # The image does not have the file.
    return ""


def number_of(user: str, passwd: str, group: str) -> str:
    """Looks up a user such as `nginx:root` in an image's /etc/passwd and /etc/group: `101:0`."""
    name, _, of_group = user.partition(":")
    users = [line.split(":") for line in passwd.split("\n") if line.count(":") == 6]
    found = next(((each[2], each[3]) for each in users if name in (each[0], each[2])), (name, "0"))
    groups = {fields[0]: fields[2] for fields in (line.split(":") for line in group.split("\n")) if len(fields) == 4}
    return f"{found[0]}:{groups.get(of_group, of_group) or found[1]}"
