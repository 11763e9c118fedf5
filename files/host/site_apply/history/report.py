"""The report of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

# At most this many files are named.
_NAMED = 3


@dataclass
class Report:
    """
    What a run did.

    made: sources of which it made a tree. removed: number of removed trees. left_out: files that were not copied for lack of space.
    issues: sentences about everything else that failed.
    """

    made: list[str] = field(default_factory=list)
    removed: int = 0
    left_out: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Sentences for the user; none if nothing has changed."""
        lines = [f"History: saved the state of {', '.join(self.made)}."] if self.made else []
        if self.left_out:
            names = ", ".join(_printable(name) for name in self.left_out[:_NAMED])
            more = f" and {len(self.left_out) - _NAMED} more" if len(self.left_out) > _NAMED else ""
            lines.append(
                f"History: not saved for lack of space: {names}{more}. Free some space, or let the history use more of the disk"
                " (pulumi config set --path history.maxPercent 40)."
            )
        return lines + [f"History: {issue}" for issue in self.issues]


def _printable(name: str) -> str:
    """A file's name without control characters. Users choose these names, and a terminal would execute such characters."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() else "?" for each in text)
