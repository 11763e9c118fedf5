"""Uses Jupyter with a key from outside, step by step as VS Code and other programs do; prints the results as JSON."""

import json
import os
import socket
import subprocess
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


def send(opened, kind, content):
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "vscode", "username": "", "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    opened.send(json.dumps(message))
    return header["msg_id"]


def run(opened, code, after_start=lambda: None):
    """The text that a cell prints, and the name of its error."""
    asked = send(opened, "execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False})
    text, error = "", None
    while True:
        told = json.loads(opened.recv())
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
    opened = open_socket(kernel)
    steps["run"] = run(opened, "print(6 * 7)")
    interrupted = []
    steps["interrupted"] = run(
        opened,
        "import time\nprint('begun', flush=True)\ntime.sleep(60)",
        lambda: interrupted.append(ask("POST", f"kernels/{kernel}/interrupt").status_code),
    )
    steps["interrupt"] = interrupted
    steps["restart"] = ask("POST", f"kernels/{kernel}/restart").status_code
    opened.close()
    opened = open_socket(kernel)
    steps["run again"] = run(opened, "print('again')")
    opened.close()
    steps["rename"] = ask("PATCH", f"sessions/{session}", json={"path": "y.ipynb"}).status_code
    steps["delete"] = ask("DELETE", f"sessions/{session}").status_code
    steps["gone"] = [each["id"] for each in ask("GET", "kernels").json() if each["id"] == kernel]
    return steps


def gateway():
    """What a cell prints in a Jupyter on this machine whose kernels are there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "JUPYTER_GATEWAY_AUTH_TOKEN": KEY, "JUPYTER_GATEWAY_VALIDATE_CERT": "no"}
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=here"]
    server = subprocess.Popen(["jupyter", "server", "--no-browser", f"--gateway-url={ADDRESS}", *options], env=environment)
    here = {"Authorization": "token here"}
    try:
        for _ in range(120):
            try:
                made = requests.post(f"http://127.0.0.1:{port}/api/kernels", headers=here, json={}, timeout=60)
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        assert made.status_code == 201, made.text
        kernel = made.json()["id"]
        is_there = kernel in [each["id"] for each in ask("GET", "kernels").json()]
        opened = websocket.create_connection(f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels", header=here, timeout=60)
        printed = run(opened, "print(1 + 1)")
        opened.close()
        requests.delete(f"http://127.0.0.1:{port}/api/kernels/{kernel}", headers=here, timeout=60)
        return [is_there, *printed]
    finally:
        server.terminate()
        server.wait()


def mcp():
    """The requests of an MCP server for Jupyter: it reads the files, changes a notebook and runs a cell."""
    cell = {"cell_type": "code", "source": "print(2)", "metadata": {}, "outputs": [], "execution_count": None}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    saved = ask("PUT", "contents/mcp.ipynb", json={"type": "notebook", "content": content}).status_code
    names = [each["name"] for each in ask("GET", "contents/").json()["content"]]
    return [saved, "mcp.ipynb" in names, ask("DELETE", "contents/mcp.ipynb").status_code]


results = {name: globals()[name]() for name in sys.argv[1:]}
print(json.dumps(results))
