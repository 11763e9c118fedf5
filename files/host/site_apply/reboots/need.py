"""What needs a reboot."""

from __future__ import annotations

from pathlib import Path

# Debian's and Ubuntu's packages write this file, and their names into another one beside it.
_REQUIRED = Path("/run/reboot-required")


def packages(required: Path = _REQUIRED) -> list[str]:
    """The packages whose update needs a reboot; empty: no reboot is needed."""
    if not required.exists():
        return []
    try:
        names = required.with_suffix(".pkgs").read_text("utf-8", "replace").split()
    except OSError:
        names = []
    return sorted(set(names)) or ["unknown packages"]
