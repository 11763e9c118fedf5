"""`site-apply verify`: names what somebody changed by hand since the release, with the command that restores each thing."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

from .. import lock, log, machine
from ..docker import Project
from ..errors import Refusal
from ..layout import Layout, target_of
from ..manifest import Manifest
from ..move.record import read
from ..releases import manifest_of
from .change import Change
from .compare import changes
from .expected import expected_of
from .observed import Observed, observe

# The exit code if something was changed. An error has 1.
CHANGED = 3


def verify(layout: Layout, as_json: bool) -> int:
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise Refusal("No site runs here.")
    if is_busy(layout):
        raise Refusal("A release is running on this machine. Wait until it ends, and verify again.")
    found, _ = look(layout, manifest)
    if as_json:
        text = json.dumps({"release": manifest.release, "changes": [asdict(each) for each in found]}, indent=2)
    else:
        text = "\n".join(described(found)) or f"Nothing was changed since release {manifest.release}."
    os.write(log.data_output(), f"{text}\n".encode())
    return CHANGED if found else 0


def look(layout: Layout, manifest: Manifest) -> tuple[list[Change], Observed]:
    """What was changed, and what is on the machine."""
    project = Project(manifest.project)
    observed = observe(layout, manifest, project)
    expected = expected_of(layout, manifest, project)
    return changes(manifest, expected, observed, read(manifest).is_closed), observed


def is_busy(layout: Layout) -> bool:
    """Whether a release or another command that changes the site is running."""
    return lock.is_alive(target_of(layout.root / "lock"))


def described(found: list[Change]) -> list[str]:
    """One line for each change, and one line for each command after the changes that it undoes."""
    by_fix: dict[str, list[str]] = {}
    for each in found:
        by_fix.setdefault(each.fix, []).append(each.what)
    return [line for fix, sentences in by_fix.items() for line in [*sentences, f"    {fix}"]]
