"""Makes kernels and terminals end before the server when memory runs out, and tells users why a kernel ended."""

import os
import re
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

# The cgroup of this container. Version 1 of cgroups has one folder for each controller.
CGROUPS = Path("/sys/fs/cgroup")
# Exit codes of a process that was killed, and of a shell around one.
KILLED = (-9, 137)

NAME = "jupyter-up"
ENTRY_POINT = EntryPoint(NAME, f"{__name__}:Provisioner", KernelProvisionerFactory.GROUP_NAME)


class Provisioner(LocalProvisioner):
    """Starts a kernel on this machine. Records whether it was killed because memory ran out, and how much memory it used."""

    # How many processes of this container the system had killed for lack of memory: at the last check at which the kernel was
    # alive (killed_lately), and at the check before (killed_before). Both are needed, because a killed process takes a moment
    # to end.
    killed_lately = killed_before = 0
    # The largest memory of the kernel, in bytes. It is 0 while the kernel runs.
    peak = 0

    async def launch_kernel(self, cmd, **kwargs):
        self.killed_lately = self.killed_before = killed_by_system()
        connection = await super().launch_kernel(cmd, **kwargs)
        end_first(self.process.pid)
        return connection

    async def poll(self):
        if self.process and self.process.returncode is None:
            self.look()
        return await super().poll()

    def look(self):
        """Checks whether the kernel still runs. Unlike Popen.poll, this also records how much memory it used."""
        killed = killed_by_system()
        try:
            process, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        except ChildProcessError:
            return
        if process:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.peak = usage.ru_maxrss * 1024
        else:
            self.killed_before, self.killed_lately = self.killed_lately, killed

    def why_ended(self):
        """A message for the user if the kernel ended because memory ran out; empty for any other reason."""
        is_killed = self.process is not None and self.process.returncode in KILLED
        if not is_killed or killed_by_system() == self.killed_before:
            return ""
        return (
            f"The kernel ended because there is no memory left: it used {mib(self.peak)} of the {mib(memory_limit())} that all"
            f" notebooks have together. Variables are lost; the notebook is not.\n{others()}"
            "Read less at once (chunksize, columns), or shut down kernels that nobody uses (Running, the second icon on the left)."
            f"\n{os.environ.get('JUPYTER_UP_MORE_MEMORY', '')}"
        )


KernelProvisionerFactory.provisioners[NAME] = ENTRY_POINT


def end_first(process):
    """
    Makes the system kill a process and its children before the server when memory runs out.

    No privilege is needed, because this only makes it more likely that an own process is killed.
    """
    try:
        Path(f"/proc/{process}/oom_score_adj").write_text("1000")
    except OSError:
        pass  # The process has ended.


def killed_by_system():
    """How many processes of this container the system killed for lack of memory. 0 if the system does not report it."""
    for file in ("memory.events", "memory/memory.oom_control"):
        found = re.search(r"^oom_kill (\d+)$", read(file), re.MULTILINE)
        if found:
            return int(found[1])
    return 0


def memory_limit():
    """Bytes of memory that this container may use: its limit, or the machine's memory."""
    machine = re.search(r"^MemTotal: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    limits = [int(read(file)) for file in ("memory.max", "memory/memory.limit_in_bytes") if read(file).strip().isdigit()]
    return min([int(machine[1]) * 1024, *limits])


def others():
    """A line that says how much memory the other processes of this container use; empty if it is unknown."""
    for file, name in (("memory.stat", "anon"), ("memory/memory.stat", "total_rss")):
        found = re.search(rf"^{name} (\d+)$", read(file), re.MULTILINE)
        if found:
            return f"Other kernels, terminals and the server use {mib(int(found[1]))}.\n"
    return ""


def read(file):
    """The text of a file of the cgroup; empty if it does not exist."""
    try:
        return (CGROUPS / file).read_text()
    except OSError:
        return ""


def mib(size):
    return f"{size >> 20} MiB"
