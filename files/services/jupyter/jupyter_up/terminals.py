"""Which terminals of this container are busy."""

from pathlib import Path


def busy_terminals():
    """The terminals with a process besides the shell. A shell leads its session; what it runs does not, also in the background."""
    return {
        terminal
        for process, session, terminal in map(session_of, Path("/proc").glob("[0-9]*"))
        if terminal != 0 and process != session
    }


def session_of(folder):
    """The number of a process, of its session, and of its terminal; zeros if it has ended."""
    try:
        # The name of the program comes first, in parentheses, and may contain blanks.
        _, _, _, session, terminal, *_ = (folder / "stat").read_text(errors="replace").rpartition(") ")[2].split()
    except OSError:
        return 0, 0, 0
    return int(folder.name), int(session), int(terminal)
