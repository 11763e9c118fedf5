"""What a run did, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field

_NAMED = 3


@dataclass
class Report:
    """
    made: sources of which a tree was made. left_out: files that found no room. issues: what else could not be done, as sentences.
    """

    made: list[str] = field(default_factory=list)
    removed: int = 0
    left_out: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        lines = [f"History: the state of {', '.join(self.made)} is kept."] if self.made else []
        if self.left_out:
            names = ", ".join(_printable(name) for name in self.left_out[:_NAMED])
            more = f" and {len(self.left_out) - _NAMED} more" if len(self.left_out) > _NAMED else ""
            lines.append(
                f"History: no room for {names}{more}. Free some space, or let the history use more of the disk"
                " (pulumi config set --path history.maxPercent 40)."
            )
        return lines + [f"History: {issue}" for issue in self.issues]


def _printable(name: str) -> str:
    """Users choose these names."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() else "?" for each in text)
