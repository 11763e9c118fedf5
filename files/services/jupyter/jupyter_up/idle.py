"""
Ends the server of a person when nobody has worked in it for a while, with the setting `people: own`.

Work is what a kernel or a terminal does, and a saved file. An open page asks the server questions all the time, so it is no work.
"""

import os
import time
from pathlib import Path

from tornado.ioloop import PeriodicCallback

# Seconds without work.
IDLE = int(os.environ.get("JUPYTER_UP_IDLE", "0"))


def _jupyter_server_extension_points():
    return [{"module": "jupyter_up.idle"}]


def _load_jupyter_server_extension(server):
    if IDLE == 0:
        return
    watch = Watch(server)
    server.contents_manager.register_post_save_hook(watch.saved)
    PeriodicCallback(watch.look, min(60, IDLE / 5) * 1000).start()


class Watch:
    """Notes when somebody last worked, and stops the server in time."""

    def __init__(self, server):
        self.server = server
        self.worked = time.time()

    def saved(self, **_):
        """Notes that a file was saved."""
        self.worked = time.time()

    def look(self):
        kernels = self.server.kernel_manager.list_kernels()
        terminals = getattr(self.server.web_app.settings.get("terminal_manager"), "terminals", {}).values()
        if any(each["execution_state"] in ("busy", "starting") for each in kernels) or has_busy_terminal():
            self.worked = time.time()
        times = [each["last_activity"].timestamp() for each in self._managed(kernels)]
        times += [each.last_activity.timestamp() for each in terminals]
        self.worked = max([self.worked, *times])
        if time.time() - self.worked > IDLE:
            self.server.log.warning("Nobody has worked for %d seconds, so the server ends.", IDLE)
            self.server.stop()

    def _managed(self, kernels):
        """The kernels with their last activity as a time, and not as text."""
        found = (self.server.kernel_manager.get_kernel(each["id"]) for each in kernels)
        return [{"last_activity": each.last_activity} for each in found if getattr(each, "last_activity", None)]


def has_busy_terminal():
    """Whether a program runs in a terminal. A shell leads its session, and what it runs does not."""
    return any(is_in_terminal(folder) for folder in Path("/proc").glob("[0-9]*"))


def is_in_terminal(folder):
    try:
        # The name of the program comes first, in parentheses, and may contain blanks.
        _, _, _, session, terminal, *_ = (folder / "stat").read_text(errors="replace").rpartition(") ")[2].split()
    except OSError:
        return False  # The process has ended.
    return int(terminal) != 0 and folder.name != session
