"""`site-apply status`: prints the status of the site as JSON, and renews the page /status. A timer runs it, too."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from .. import data_dirs, log, machine, units
from ..errors import Refusal
from ..layout import Layout
from ..manifest import Manifest
from ..releases import manifest_of
from .gather import gather
from .page import line, page, public_json
from .report import Report


def status(layout: Layout) -> int:
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None:
        raise Refusal("No site runs here.")
    report = gather(layout, manifest)
    publish(layout, manifest, report)
    os.write(log.data_output(), (json.dumps(asdict(report), indent=2) + "\n").encode())
    return 0


def make_folder(manifest: Manifest) -> None:
    """The folder of the texts that nginx mounts. nginx runs as another user."""
    if manifest.notices:
        data_dirs.make_folder(Path(manifest.notices))


def publish(layout: Layout, manifest: Manifest, report: Report) -> None:
    """Without a timer, nothing would renew the line on the front page, so there is none."""
    if not manifest.notices or not Path(manifest.notices).is_dir():
        return
    has_timer = units.has_systemd() and bool(units.wanted(layout, manifest))
    texts = {"status": page(report), "status.json": public_json(report), "owner": line(report) if has_timer else ""}
    for name, text in texts.items():
        file = Path(manifest.notices) / name
        new = file.with_name(f"{name}.new")
        try:
            new.write_text(text, "utf-8")
            new.chmod(0o644)
            new.replace(file)
        except OSError:
            pass  # The disk is full. The report says that.
