"""Runs `site-apply move-files` in a container, as root, which sees only the folders of the work."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .. import log, times
from ..errors import Refusal
from ..history.config import Source
from ..layout import Layout
from ..manifest import Manifest
from ..new_folder import make_for_dumps
from ..restore_databases import is_dump
from . import record
from .files import SOURCES, STATE

# The folder in that of a site's dumps into which the dumps of another site arrive. The history leaves `.new` out, and so does
# dump.sh.
DUMPS = ".new/move"
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID")


def sources_of(manifest: Manifest) -> list[Source]:
    """The folders of the work. Throws Refusal if the site does not know them."""
    if manifest.history is None:
        raise Refusal("A move needs the history of both sites. Switch it on: pulumi config set --path history.every 15; pulumi up")
    return manifest.history.sources


def run_in_container(layout: Layout, manifest: Manifest, step: str, *, writable: bool = False) -> int:
    """
    Runs a step, with this program's streams. Returns its exit code.

    writable: for the new site. Its dumps are then those that have arrived.
    """
    state = record.folder_of(manifest) / "files"
    _make_private(state)
    mounts, wanted = [(layout.program.parent, "/site/bin", False), (state, str(STATE), True)], {}
    for source in sources_of(manifest):
        arriving = writable and is_dump(source)
        folder = Path(source.path) / DUMPS if arriving else Path(source.path)
        if arriving:
            make_for_dumps(folder, Path(source.path))
        mounts.append((folder, f"{SOURCES}/{source.at}", writable))
        wanted[source.at] = [] if arriving else source.without
    options = [
        *("--rm", "--interactive", "--network", "none", "--user", "0:0", "--cap-drop", "ALL"),
        *(word for each in _CAPABILITIES for word in ("--cap-add", each)),
        # Without `none`, Docker would write everything that is sent to a log file.
        *("--security-opt", "no-new-privileges:true", "--memory", "256m", "--log-driver", "none"),
        *(word for mount in mounts for word in ("--mount", _mount(*mount))),
    ]
    argv = ["docker", "run", *options, "--entrypoint", "nice", manifest.service("jupyter").image]
    words = ["-n", "19", "sh", "/site/bin/site-apply", "move-files", step, "--sources", json.dumps(wanted)]
    process = subprocess.Popen([*argv, *words], stdout=log.data_output(), start_new_session=True)
    try:
        return process.wait(times.BACKED_UP_WITHIN)
    except subprocess.TimeoutExpired as error:
        process.terminate()
        raise Refusal("The copy took more than a day and was ended. Run the same command again: it continues.") from error


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _mount(source: Path, target: str, writable: bool) -> str:
    """The value of the option --mount, in CSV format."""
    quoted = str(source).replace('"', '""')
    return f'type=bind,"source={quoted}",target={target}' + ("" if writable else ",readonly")
