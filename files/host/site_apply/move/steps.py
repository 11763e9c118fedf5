"""The steps of `site-apply move`. scripts/move.ts calls them, each on one of the two sites; each can be repeated."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

from .. import docker, keep_history, lock, log, machine, times
from ..docker import Project
from ..errors import Refusal
from ..layout import Layout
from ..manifest import Manifest, Service
from ..releases import manifest_of
from ..restore_databases import is_dump
from . import record, switch
from .container import DUMPS, run_in_container, sources_of
from .record import ARRIVING, Record

# The exit code of `move state` for a site that is closed.
_CLOSED = 3


def run(layout: Layout, step: str, told: Record) -> int:
    """told: the other site and the stacks, for a step that changes the record."""
    machine.check()
    return STEPS[step](layout, _site(layout), told)


def _site(layout: Layout) -> Manifest:
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise Refusal("No site runs on this machine, so nothing can be moved. Run pulumi up (npm start for the stack local) first.")
    if not manifest.data:
        raise Refusal("The site was released by an earlier version, which cannot be moved. Run pulumi up, and the command again.")
    return manifest


def _state(layout: Layout, manifest: Manifest, told: Record) -> int:
    """Whether the site is closed, for `npm start`: then it must not be repaired."""
    try:
        record.refuse_if_closed(manifest)
    except Refusal as reason:
        log.say(str(reason))
        return _CLOSED
    return 0


def _show(layout: Layout, manifest: Manifest, told: Record) -> int:
    """Prints what the site has, as JSON. scripts/move/site.ts reads it."""
    known = record.read(manifest)
    if not known.is_closed:
        _dump(manifest)
    databases = next((each.image for each in manifest.services if each.load), "")
    facts = {
        "site": manifest.project,
        "url": manifest.url,
        "state": known.state,
        "other": known.site,
        "sources": {each.at: each.path for each in sources_of(manifest)},
        "databaseImage": databases,
        "unused": _unused(manifest),
    }
    os.write(log.data_output(), json.dumps(facts).encode("ascii") + b"\n")
    # The second line.
    return run_in_container(layout, manifest, "look")


def _unused(manifest: Manifest) -> list[str]:
    """Apps that have data, but are not in the settings any more. Their data stay on this machine."""
    try:
        names = sorted(os.listdir(Path(manifest.data) / "apps"))
    except OSError:
        return []
    used = {each.at.split("/")[2] for each in sources_of(manifest) if each.at.startswith("site/apps/")}
    return [name for name in names if name not in used]


def _dump(manifest: Manifest) -> None:
    if not keep_history.dump_now(manifest, Project(manifest.project)):
        raise Refusal("The databases could not be dumped (see above), so they were not copied. Run the same command again.")


def _send(layout: Layout, manifest: Manifest, told: Record) -> int:
    if not record.read(manifest).is_closed:
        _dump(manifest)
    return run_in_container(layout, manifest, "send")


def _compare(layout: Layout, manifest: Manifest, told: Record) -> int:
    return run_in_container(layout, manifest, "compare")


def _receive(layout: Layout, manifest: Manifest, told: Record) -> int:
    _require_arriving(manifest)
    return run_in_container(layout, manifest, "receive", writable=True)


def _load(layout: Layout, manifest: Manifest, told: Record) -> int:
    """Loads the dumps that have arrived, and compares every table with them."""
    with lock.held(layout):
        _require_arriving(manifest)
        containers = Project(manifest.project).snapshot()
        service = next((each for each in manifest.services if each.load), None)
        for dump in _dumps(manifest):
            container = containers.container_of(service.name) if service else ""
            if service is None or container not in containers.running:
                raise Refusal("The database of the new site does not run. Start its containers, and run the same command again.")
            _load_dump(service, container, dump)
    return 0


def _dumps(manifest: Manifest) -> list[str]:
    """Dumps that have arrived, by their paths in MariaDB's container, below /dumps."""
    folders = [Path(each.path) for each in sources_of(manifest) if is_dump(each)]
    return [f"{each.name}/{DUMPS}/{file.name}" for each in folders for file in sorted((each / DUMPS).glob("*.sql.gz"))]


def _load_dump(service: Service, container: str, dump: str) -> None:
    result = docker.act("exec", container, *service.load, dump, "compare", within=times.LOADED_WITHIN)
    for line in result.lines:
        log.say(line)
    if not result.ok:
        raise Refusal(f"{dump.rpartition('/')[2]} could not be loaded (see above). Run the same command again: it continues.")


def _require_arriving(manifest: Manifest) -> None:
    if record.read(manifest).state != ARRIVING:
        raise Refusal("This site does not wait for the work of another one. Run the whole command: npm run move")


STEPS: dict[str, Callable[[Layout, Manifest, Record], int]] = {
    "state": _state,
    "show": _show,
    "await": switch.wait_for_work,
    "freeze": switch.freeze,
    "send": _send,
    "receive": _receive,
    "compare": _compare,
    "load": _load,
    "leave": switch.leave,
    "open": switch.open_again,
    "yield": switch.give_up,
    "done": switch.finish,
}
