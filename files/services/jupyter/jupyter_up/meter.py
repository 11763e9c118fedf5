"""Tells JupyterLab's status bar how much memory a kernel and all notebooks use (labextensions/jupyter-up-memory)."""

import re
from pathlib import Path

from anyio.to_thread import run_sync
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated

from jupyter_up.kernels import memory_limit, read


class Meter(JupyterHandler):
    """
    Answers with bytes of memory: `kernel`, used by a kernel and the processes that it has started; `used`, by all kernels, terminals
    and the server; `limit`, what they may use. `kernel` is 0 if the kernel does not run or no kernel is named.
    """

    @authenticated
    async def get(self, kernel_id):
        kernel = self.kernel_manager.get_kernel(kernel_id) if kernel_id in self.kernel_manager else None
        process = getattr(getattr(kernel, "provisioner", None), "process", None)
        size = await run_sync(memory_of_session, process.pid) if process else 0
        self.set_header("Cache-Control", "no-store")
        self.finish({"kernel": size, "used": memory_used(), "limit": memory_limit()})


# Jupyter reads this variable; see ServerApp.extra_services.
default_handlers = [(r"/memory/([\w-]*)", Meter)]


def memory_of_session(session):
    """Bytes of memory of the processes in a session. Each kernel has its own. Memory that processes share counts once."""
    return sum(memory_of(folder) for folder in Path("/proc").glob("[0-9]*") if session_of(folder) == session)


def session_of(folder):
    try:
        # The second field is the name of the program in parentheses, which can contain anything.
        return int((folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[3])
    except OSError:
        return None  # The process has ended.


def memory_of(folder):
    try:
        found = re.search(r"^Pss: +(\d+) kB$", (folder / "smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0  # The process has ended.
    return int(found[1]) * 1024 if found else 0


def memory_used():
    """Bytes of memory that this container uses. Pages of files that were read do not count, because they can be dropped."""
    for size, stat, name in (
        ("memory.current", "memory.stat", "inactive_file"),
        ("memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
    ):
        if read(size):
            found = re.search(rf"^{name} (\d+)$", read(stat), re.MULTILINE)
            return int(read(size)) - (int(found[1]) if found else 0)
    return 0
