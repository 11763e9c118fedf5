"""Uses Jupyter with a key from outside, step by step as VS Code and Jupyter's gateway client do; prints the results as JSON."""

import json
import os
import sys
import time
import uuid

import requests
import websocket

ADDRESS, KEY = os.environ["ADDRESS"], os.environ["KEY"]
# VS Code's header, and no cookie of Jupyter.
HEADERS = {"Authorization": f"token {KEY}"}


def ask(method, path, **data):
    return requests.request(method, f"{ADDRESS}/api/{path}", headers=HEADERS, timeout=60, **data)


def open_socket(kernel):
    """As VS Code: the key is in the query, beside the id of the session."""
    url = f"{ADDRESS.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}&token={KEY}"
    return websocket.create_connection(url, timeout=60, suppress_origin=True)


def send(socket, kind, content):
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "vscode", "username": "", "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    socket.send(json.dumps(message))
    return header["msg_id"]


def run(socket, code, after_start=lambda: None):
    """The text that a cell prints, and the name of its error."""
    asked = send(socket, "execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False})
    text, error = "", None
    while True:
        told = json.loads(socket.recv())
        if told["parent_header"].get("msg_id") != asked:
            continue
        content = told["content"]
        if told["msg_type"] == "stream":
            text += content["text"]
            if text == "begun\n":
                after_start()
        if told["msg_type"] == "error":
            error = content["ename"]
        if told["msg_type"] == "status" and content["execution_state"] == "idle":
            return [text, error]


def vscode():
    """The steps of VS Code's Jupyter extension with an existing server."""
    steps = {}
    steps["kernelspecs"] = ask("GET", "kernelspecs").status_code
    steps["kernels"] = ask("GET", "kernels").status_code
    made = ask("POST", "sessions", json={"path": "x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3"}})
    steps["start"] = made.status_code
    session, kernel = made.json()["id"], made.json()["kernel"]["id"]
    socket = open_socket(kernel)
    steps["run"] = run(socket, "print(6 * 7)")
    interrupted = []
    steps["interrupted"] = run(
        socket,
        "import time\nprint('begun', flush=True)\ntime.sleep(60)",
        lambda: interrupted.append(ask("POST", f"kernels/{kernel}/interrupt").status_code),
    )
    steps["interrupt"] = interrupted
    steps["restart"] = ask("POST", f"kernels/{kernel}/restart").status_code
    socket.close()
    socket = open_socket(kernel)
    steps["run again"] = run(socket, "print('again')")
    socket.close()
    steps["rename"] = ask("PATCH", f"sessions/{session}", json={"path": "y.ipynb"}).status_code
    steps["delete"] = ask("DELETE", f"sessions/{session}").status_code
    steps["gone"] = [each["id"] for each in ask("GET", "kernels").json() if each["id"] == kernel]
    return steps


def gateway():
    """The output of a notebook that nbclient runs by Jupyter's gateway client."""
    import nbclient
    import nbformat
    from jupyter_server.gateway.gateway_client import GatewayClient
    from jupyter_server.gateway.managers import GatewayKernelManager

    GatewayClient.instance(url=ADDRESS, auth_token=KEY, validate_cert=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1 + 1)")])
    nbclient.NotebookClient(notebook, kernel_manager_class=GatewayKernelManager, timeout=120).execute()
    return notebook.cells[0].outputs[0].text


def mcp():
    """The requests of an MCP server for Jupyter: it reads the files, changes a notebook and runs a cell."""
    cell = {"cell_type": "code", "source": "print(2)", "metadata": {}, "outputs": [], "execution_count": None}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    saved = ask("PUT", "contents/mcp.ipynb", json={"type": "notebook", "content": content}).status_code
    names = [each["name"] for each in ask("GET", "contents/").json()["content"]]
    return [saved, "mcp.ipynb" in names, ask("DELETE", "contents/mcp.ipynb").status_code]


requests.packages.urllib3.disable_warnings()
began = time.monotonic()
results = {name: globals()[name]() for name in sys.argv[1:]}
print(json.dumps(results))
