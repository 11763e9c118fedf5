"""Prints who works in Jupyter, as one line of JSON: kernels and terminals with the person who started them, and memory in bytes.

    activity.py

`site-apply status` runs it. A kernel is busy while it runs a cell. `since` is its last activity. The person is empty if unknown.
A terminal is busy while a program runs in it, or in a terminal multiplexer.
"""

import http.client
import json
from pathlib import Path

from end_removed import DOOR_SECRET, PATIENCE, marks
from jupyter_up.terminals import busy_terminals


def main():
    marked = [marks(folder) for folder in Path("/proc").glob("[0-9]*")]
    people = {kernel: person for person, kernel in marked if kernel}
    kernels = [
        {
            "person": people.get(each["id"], ""),
            "busy": each.get("execution_state") == "busy",
            "since": each.get("last_activity") or "",
        }
        for each in ask("/api/kernels")
    ]
    memory = ask("/memory/")
    found = {
        "kernels": kernels,
        "terminals": len(ask("/api/terminals")),
        "busy_terminals": len(busy_terminals()),
        "memory": memory["used"],
        "limit": memory["limit"],
    }
    print(json.dumps(found))


def ask(path):
    """Jupyter's answer. The request has nginx's secret."""
    headers = {"X-Door-Secret": DOOR_SECRET.read_text().strip(), "X-Auth-User": "jupyter-up"}
    connection = http.client.HTTPConnection("127.0.0.1", 8888, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    return json.load(connection.getresponse())


main()
