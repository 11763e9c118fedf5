"""Ends the processes of users who are no longer on the allow list: kernels, terminals, and their child processes.

    end_removed.py <ALLOW-LIST

Run in Jupyter's container after each release. Standard input is the site's allow list, one entry per line: an address, a name
at GitHub, or `@domain`. jupyter_server_config.py records in each kernel's and terminal's environment who started it, and
child processes inherit that. All of them run as the same system user, so a user can deliberately hide a process from this.
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
# Jupyter gives a kernel five seconds to end by itself.
PATIENCE = 10


def main():
    allow_list = {line.strip().lower() for line in sys.stdin}
    # Processes with the user who started each and, for a kernel, its id. Ended ones are counted here.
    ended = {}
    for _ in range(5):
        found = removed(allow_list)
        if not found:
            break
        ended.update(found)
        # Before the processes are killed: Jupyter restarts a kernel that dies.
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
    """Processes started by users who are not on the list."""
    marked = {int(folder.name): marks(folder) for folder in Path("/proc").glob("[0-9]*")}
    return {process: mark for process, mark in marked.items() if mark[0] and not is_allowed(mark[0], allow_list)}


def marks(process):
    """The user who started a process, or None; and its kernel id, if it is a kernel."""
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
    """Reads the list as nginx does; see peopleMap in files/services/nginx/nginx.ts."""
    name = person.lower()
    before, at, domain = name.rpartition("@")
    return name in allow_list or (at + domain in allow_list if before else False)


def shut_down(kernel):
    """Sends the request to Jupyter like its own page: with nginx's secret, and a cookie that matches its header."""
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
        # The process is killed below all the same.
        pass


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


main()
