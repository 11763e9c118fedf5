"""`site-apply secrets`: stores secret files, in one folder per service and content."""

from __future__ import annotations

from . import archive
from .layout import Layout, folders_in, place
from .machine import am_root
from .manifest import ManifestError, SecretsManifest, read_manifest
from .verify import hashes, undo


def place_secrets(layout: Layout) -> int:
    """Stores the secret files from standard input. Throws Refusal."""
    with archive.arrived(layout) as incoming:
        try:
            manifest = read_manifest(SecretsManifest, incoming / "secrets.json")
        except ManifestError as error:
            archive.refuse(str(error))
        for service, owner in manifest.owners.items():
            folder = layout.secrets / service
            folder.mkdir(parents=True, exist_ok=True)
            # The service's user must be able to enter the folder. The files themselves can be read only by that user.
            folder.chmod(0o711)
            uid, gid = (int(number) for number in owner.split(":"))
            for version in folders_in(incoming / service):
                if place(version, folder / version.name, (uid, gid) if am_root() else None):
                    undo.mark(layout, [service])
                hashes.keep(layout, folder / version.name)
    return 0
