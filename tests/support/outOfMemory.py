"""Lets one of two kernels fill memory until it is killed; prints as JSON its notebook's messages, and whether the other lives.

    outOfMemory.py CODE
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

import websocket

secret = Path("/run/secrets/jupyter/door-secret").read_text().strip()
headers = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}


def ask(method, path):
    request = urllib.request.Request(f"http://127.0.0.1:8888/api/{path}", method=method, headers=headers)
    return urllib.request.urlopen(request, data=b"{}" if method == "POST" else None).read()


class Notebook:
    def __init__(self):
        self.kernel = json.loads(ask("POST", "kernels"))["id"]
        url = f"ws://127.0.0.1:8888/api/kernels/{self.kernel}/channels"
        self.socket = websocket.create_connection(url, header=headers, suppress_origin=True, timeout=60)

    def send(self, message, code):
        header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": "1", "version": "5.3"}
        content = {"code": code, "silent": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(request))

    def receive(self):
        """The type, request ID and content of the next message."""
        message = json.loads(self.socket.recv())
        return message["msg_type"], message["parent_header"].get("msg_id"), message["content"]

    def run(self, message, code):
        """The output of some code."""
        self.send(message, code)
        while True:
            kind, request, content = self.receive()
            if kind == "stream" and request == message:
                return content["text"]


ending, other = Notebook(), Notebook()
other.run("kept", "kept = 42; print(kept)")
ending.run("first", "print(1)")
# Two cells at once: the first one is running when the kernel dies.
began = time.monotonic()
ending.send("taking", sys.argv[1])
ending.send("waiting", "print(2)")
sent = []
while ("status", "restarting") not in [(kind, text) for kind, _, text in sent]:
    kind, request, content = ending.receive()
    if kind in ("stream", "status"):
        sent.append((kind, request, content.get("text") or content.get("execution_state")))
seconds = time.monotonic() - began
print(json.dumps({"sent": sent, "seconds": seconds, "other": other.run("still", "print(kept)")}))
# The other one is being restarted, so Jupyter refuses to end it.
ask("DELETE", f"kernels/{other.kernel}")
