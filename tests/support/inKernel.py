"""Runs code in a new kernel of the server in this container, like a browser behind the door; prints its output.

Standard input: the code.
"""

import json
import sys
import urllib.request
from pathlib import Path

import websocket

secret = Path("/run/secrets/jupyter/door-secret").read_text().strip()
headers = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}


def ask(method, path):
    request = urllib.request.Request(f"http://127.0.0.1:8888/api/{path}", method=method, headers=headers)
    return urllib.request.urlopen(request, data=b"{}" if method == "POST" else None).read()


kernel = json.loads(ask("POST", "kernels"))["id"]
try:
    channel = websocket.create_connection(
        f"ws://127.0.0.1:8888/api/kernels/{kernel}/channels", header=headers, suppress_origin=True, timeout=120
    )
    header = {"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "1", "version": "5.3"}
    content = {"code": sys.stdin.read(), "silent": False}
    request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(request))
    failed = False
    # The reply and the output arrive on different channels in any order. The output ends with the status idle.
    awaited = {"reply", "idle"}
    while awaited:
        message = json.loads(channel.recv())
        if message["parent_header"].get("msg_id") != "1":
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            print(content["text"], end="")
        elif message["msg_type"] == "error":
            print(f"{content['ename']}: {content['evalue']}")
            failed = True
        elif message["msg_type"] == "execute_reply":
            awaited.discard("reply")
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            awaited.discard("idle")
finally:
    ask("DELETE", f"kernels/{kernel}")
sys.exit(failed)
