"""
Ends the server of a person when nobody has worked in it for a while, with the setting `people: own`.

Work is what a kernel or a terminal does, and a saved file. An open page asks the server questions all the time, so it is no work.
"""

import os
import time

from jupyter_up.terminals import busy_terminals
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
        manager = self.server.kernel_manager
        listed = manager.list_kernels()
        terminals = getattr(self.server.web_app.settings.get("terminal_manager"), "terminals", {}).values()
        if any(each["execution_state"] in ("busy", "starting") for each in listed) or busy_terminals():
            self.worked = time.time()
        # The list has the times of kernels as text.
        kernels = [manager.get_kernel(each["id"]) for each in listed]
        times = [each.last_activity.timestamp() for each in kernels if getattr(each, "last_activity", None)]
        times += [each.last_activity.timestamp() for each in terminals]
        self.worked = max([self.worked, *times])
        if time.time() - self.worked > IDLE:
            self.server.log.warning("Nobody has worked for %d seconds, so the server ends.", IDLE)
            self.server.stop()
