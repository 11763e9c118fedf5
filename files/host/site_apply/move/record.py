"""The record of a move. It is in the data folder, so it outlives releases, restarts and the machine."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from ..data_dirs import make_folder
from ..errors import Refusal
from ..manifest import Manifest

# States of the old site: closed while the last changes are copied; closed for good; the user has finished the move.
FROZEN, MOVED, DONE = "frozen", "moved", "done"
# States of the new site: closed until everything has arrived; the user went back to the old site.
ARRIVING, LEFT = "arriving", "left"


@dataclass(frozen=True)
class Record:
    """
    What this site does in a move.

    state: one of the states above; empty: no move. site: the Compose project of the other site. url: that of the other site.
    from_stack, to_stack: the stacks, for the commands in messages.
    """

    state: str = ""
    site: str = ""
    url: str = ""
    from_stack: str = ""
    to_stack: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether the site shows nothing but a page about the move."""
        return self.state in (FROZEN, MOVED, ARRIVING)

    @property
    def command(self) -> str:
        return f"npm run move -- --from {self.from_stack} --to {self.to_stack}"


def folder_of(manifest: Manifest) -> Path:
    """The folder of what one run of a move leaves to the next."""
    return Path(manifest.data) / "moving"


def read(manifest: Manifest) -> Record:
    """The record; an empty one if there is none."""
    if not manifest.data:
        return Record()
    try:
        return Record(**json.loads(_file(manifest).read_text("utf-8")))
    except FileNotFoundError:
        return Record()


def write(manifest: Manifest, record: Record) -> None:
    file = _file(manifest)
    make_folder(file.parent)
    file.parent.chmod(0o700)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(dataclasses.asdict(record)) + "\n", "utf-8")
    new.replace(file)


def remove(manifest: Manifest) -> None:
    _file(manifest).unlink(missing_ok=True)


def refuse_if_closed(manifest: Manifest) -> None:
    """Throws Refusal while the site is closed because of a move: nothing may open it, or take its page away."""
    record = read(manifest)
    if not record.is_closed:
        return
    what, advice = {
        FROZEN: (f"The work of this site is moving to {record.url}", f"Go on with the move: {record.command}. Or keep this site"),
        MOVED: (f"This site has moved to {record.url}", f"Finish the move: {record.command} --done. Or use this site again"),
        ARRIVING: (f"The work of {record.url} is moving to this site", f"Go on with the move: {record.command}. Or stay there"),
    }[record.state]
    raise Refusal(
        f"{what}. Nothing was changed. {advice}: {record.command} --undo. If the site of this machine is lost, remove"
        f" {_file(manifest)} instead."
    )


def _file(manifest: Manifest) -> Path:
    return folder_of(manifest) / "move.json"
