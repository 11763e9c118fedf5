"""Ends the processes of users who are no longer on the allow list: kernels, terminals, and their child processes.

    end_removed.py <ALLOW-LIST

Run in Jupyter's container after each release. Standard input is the site's allow list, one entry per line: an address, a name
at GitHub, or `@domain`. jupyter_server_config.py records in the environment of each kernel and terminal who started it, and
child processes inherit this environment. All processes run as the same system user, so a user can deliberately hide a process.
"""

import http.client
import os
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STARTED_BY = "JUPYTER_STARTED_BY"
DOOR_SECRET = Path("/run/secrets/jupyter/door-secret")
KERNEL = re.compile(rb"kernel-([0-9a-f-]{36})\.json")
# Seconds to wait for Jupyter's answer. Jupyter gives a kernel five seconds to end by itself.
PATIENCE = 10


def main():
    allow_list = {line.strip().lower() for line in sys.stdin}
    # The ended processes: the user who started each one and, for a kernel, its id.
    ended = {}
    for _ in range(5):
        found = removed(allow_list)
        if not found:
            break
        ended.update(found)
        # Kernels are shut down before the processes are killed, because Jupyter restarts a kernel that dies.
        kernels = {kernel for _, kernel in found.values() if kernel}
        if kernels:
            with ThreadPoolExecutor(len(kernels)) as pool:
                list(pool.map(shut_down, kernels))
        for process in removed(allow_list):
            kill(process)
        time.sleep(0.2)
    for person in sorted({person for person, _ in ended.values()}):
        kernels = {kernel for who, kernel in ended.values() if who == person and kernel}
        others = [who for who, kernel in ended.values() if who == person and not kernel]
        counts = f"{len(kernels)} kernel(s), {len(others)} other process(es)"
        print(f"{person} is not on the allow list any more. Ended: {counts}.")


def removed(allow_list):
    """Processes that were started by users who are not on the allow list."""
    marked = {int(folder.name): marks(folder) for folder in Path("/proc").glob("[0-9]*")}
    return {process: mark for process, mark in marked.items() if mark[0] and not is_allowed(mark[0], allow_list)}


def marks(process):
    """The user who started a process, and the id of its kernel. Each is empty if there is none."""
    try:
        variables = (process / "environ").read_bytes().split(b"\0")
        command = (process / "cmdline").read_bytes()
    except OSError:
        return "", ""
    prefix = f"{STARTED_BY}=".encode()
    person = next((each[len(prefix) :] for each in variables if each.startswith(prefix)), b"")
    kernel = KERNEL.search(command)
    return person.decode(errors="replace"), kernel.group(1).decode() if kernel else ""


def is_allowed(person, allow_list):
    """Whether a user is on the allow list. Compares like nginx; see peopleMap in files/services/nginx/nginx.ts."""
    name = person.lower()
    before, at, domain = name.rpartition("@")
    return name in allow_list or (at + domain in allow_list if before else False)


def shut_down(kernel):
    """Makes Jupyter shut down a kernel. The request has nginx's secret, and a cookie that matches its XSRF header."""
    headers = {
        "X-Door-Secret": DOOR_SECRET.read_text().strip(),
        "X-Auth-User": "jupyter-up",
        "Cookie": "_xsrf=release",
        "X-XSRFToken": "release",
    }
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 8888, timeout=PATIENCE)
        connection.request("DELETE", f"/api/kernels/{kernel}", headers=headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # The process is killed later anyway.


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
