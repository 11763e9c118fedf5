"""Starts JupyterLab with its configuration, and uses its WebSockets like JupyterLab's page; prints the results as JSON.

Pings are sent 30 times as often as configured.
"""

import asyncio
import json
import os
import pathlib
import subprocess
import time
import urllib.request
import uuid

import websocket
from jupyter_client.session import Session

QUICK_PINGS = """
import jupyter_server.base.websocket as jupyter, tornado.websocket as tornado
for handler in (jupyter.WebSocketMixin, tornado.WebSocketHandler):
    usual = handler.ping_interval.fget
    handler.ping_interval = property(lambda self, usual=usual: (usual(self) or 0) / 30)

def noted(self, value, set_nodelay=tornado.WebSocketHandler.set_nodelay):
    print("nodelay", value, self.request.path, flush=True)
    set_nodelay(self, value)
tornado.WebSocketHandler.set_nodelay = noted

from jupyterlab.labapp import main
main()
"""
secret = pathlib.Path("/run/secrets/jupyter/door-secret").read_text().strip()
headers = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}


def ask(path, method="GET"):
    request = urllib.request.Request(f"http://127.0.0.1:8888/api/{path}", method=method, headers=headers)
    return json.loads(urllib.request.urlopen(request, data=b"{}" if method == "POST" else None).read())


def open_socket(path, **options):
    return websocket.create_connection(
        f"ws://127.0.0.1:8888/{path}", header=headers, suppress_origin=True, timeout=30, **options
    )


def pings(path):
    """Whether the server pings within 3 seconds."""
    socket = open_socket(path)
    socket.settimeout(3)
    try:
        while socket.recv_data(control_frame=True)[0] != websocket.ABNF.OPCODE_PING:
            pass
        return True
    except websocket.WebSocketTimeoutException:
        return False
    finally:
        socket.close()


def words():
    """The output of a notebook whose output comes too fast."""
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("jupyter_server_config.py", path=os.environ["JUPYTER_CONFIG_PATH"].split(":")[0]).load_config()
    handler = object.__new__(KernelWebsocketHandler)
    sent = []
    handler.write_message = lambda message, **_: sent.append(json.loads(message)["content"]["text"])
    made_by = config.ServerApp.get("kernel_websocket_connection_class", ZMQChannelsWebsocketConnection)
    connection = made_by(websocket_handler=handler, config=config, session=Session())

    async def flood():
        message = {"header": {"msg_type": "stream"}, "parent_header": {}}
        connection._limit_rate("iopub", message, [b"x" * 40_000_000])

    asyncio.run(flood())
    return "".join(sent)


class Notebook:
    """A notebook's connection to its kernel, with JupyterLab's protocol: a new connection continues the same session.

    Like the site's JupyterLab, it confirms messages, asks for the others again after a cut, and ignores those that it has already
    received.
    """

    def __init__(self, kernel=None):
        self.kernel = kernel or ask("kernels", "POST")["id"]
        self.session = str(uuid.uuid4())
        self.arrived = set()
        self.repeated = 0
        self.confirms = True
        self.connect()

    def connect(self):
        path = f"api/kernels/{self.kernel}/channels?session_id={self.session}&resend=1"
        self.socket = open_socket(path, subprotocols=["v1.kernel.websocket.jupyter.org"])

    def receive(self):
        """The header, parent header and content of a new message, which starts with the offset of each part in 8 bytes.

        All three are empty if the server has only sent a ping.
        """
        while True:
            kind, frame = self.socket.recv_data_frame(control_frame=True)
            data = frame.data
            if kind == websocket.ABNF.OPCODE_TEXT:
                if self.confirms:
                    self.socket.send(data.decode())
                continue
            if kind != websocket.ABNF.OPCODE_BINARY:
                return {}, {}, {}
            count = int.from_bytes(data[:8], "little")
            at = [int.from_bytes(data[8 * (n + 1) : 8 * (n + 2)], "little") for n in range(count)]
            header, parent, content = [json.loads(data[at[n] : at[n + 1]]) for n in (1, 2, 4)]
            if header["msg_id"] not in self.arrived:
                self.arrived.add(header["msg_id"])
                return header, parent, content
            self.repeated += 1

    def cut(self):
        """Ends the connection like a proxy, and waits until the server has noticed."""
        noticed = times_noticed()
        self.socket.sock.close()
        wait_for(lambda: times_noticed() > noticed)

    def run(self, code, after=lambda lines: None, started=lambda: None, last=None):
        """The lines that some code prints. Calls `started` once, and `after` with the number of lines so far.

        last: a line that a thread of the cell prints last, after the cell has ended.
        """
        message = str(uuid.uuid4())
        header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": self.session, "version": "5.3"}
        parts = [b"shell", *(json.dumps(part).encode() for part in (header, {}, {}, {"code": code, "silent": False}))]
        at = [8 * (len(parts) + 2)]
        for part in parts:
            at.append(at[-1] + len(part))
        self.socket.send_binary(b"".join([len(at).to_bytes(8, "little"), *(n.to_bytes(8, "little") for n in at), *parts]))
        started()
        lines, printed, awaited, end = 0, [], {"execute_reply", "idle"}, time.monotonic() + 120
        while awaited or (last is not None and "".join(printed[-3:]).split()[-1:] != [last]):
            if time.monotonic() > end:
                return [f"no answer after {lines} lines"]
            header, parent, content = self.receive()
            if parent.get("msg_id") != message:
                continue
            if header["msg_type"] == "stream":
                printed.append(content["text"])
                lines += content["text"].count("\n")
                after(lines)
            awaited -= {header["msg_type"], content.get("execution_state")}
        return "".join(printed).splitlines()


LOG = pathlib.Path("/tmp/log")


def times_noticed():
    """How often the server has noticed a cut: of the last page of a kernel, or of another one."""
    log = LOG.read_text()
    return log.count("Starting buffering") + log.count("Keeping messages")


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain. Jupyter says:\n{LOG.read_text()}")
        time.sleep(0.01)


# Prints a hundred lines, and waits for a file before it prints the next hundred.
IN_TURNS = """
import pathlib, time
for turn in range(10):
    for n in range(turn * 100, turn * 100 + 100): print(n, flush=True)
    pathlib.Path(f"/tmp/printed-{turn}").touch()
    while not pathlib.Path(f"/tmp/go-{turn}").exists(): time.sleep(0.01)
"""


def cut_in_turns(notebook):
    """Those of 1,000 lines that arrive if every second hundred is printed while the connection is cut."""
    turn = 0
    for file in [*pathlib.Path("/tmp").glob("printed-*"), *pathlib.Path("/tmp").glob("go-*")]:
        file.unlink()

    def after(lines):
        nonlocal turn
        while turn < 10 and lines >= turn * 100 + 100:
            if turn % 2 == 0:
                notebook.cut()
            pathlib.Path(f"/tmp/go-{turn}").touch()
            if turn % 2 == 0:
                wait_for(pathlib.Path(f"/tmp/printed-{turn + 1}").exists)
                notebook.connect()
            turn += 1

    return notebook.run(IN_TURNS, after)


def described(lines):
    """"whole" for the numbers below 1,000, otherwise what is there of them."""
    numbers = [str(n) for n in range(1000)]
    missing = [n for n in numbers if n not in set(lines)]
    return "whole" if lines == numbers else f"{len(lines)} lines: {lines[:3]} to {lines[-3:]}, without {missing[:3]}"


# Prints a thousand lines as fast as it can, after it has slept.
AT_ONCE = """
import pathlib, time
time.sleep(0.5)
for n in range(1000): print(n, flush=True)
pathlib.Path("/tmp/printed-all").touch()
time.sleep(0.5)
"""


def lost_in_transit(notebook, is_noticed):
    """Those of 1,000 lines that arrive if the page receives none of them before its connection is replaced.

    is_noticed: whether the server notices the cut before the page connects again, as with a proxy; a laptop that slept sends nothing.
    """
    file = pathlib.Path("/tmp/printed-all")
    file.unlink(missing_ok=True)
    before = []

    def replace():
        wait_for(file.exists)
        before.append(notebook.socket)
        if is_noticed:
            notebook.cut()
        notebook.connect()

    lines = notebook.run(AT_ONCE, started=replace)
    before[0].close()
    return lines


# Prints a thousand lines after the test has cut the connections.
AFTER_CUT = """
import pathlib, time
pathlib.Path("/tmp/started").touch()
while not pathlib.Path("/tmp/is-cut").exists(): time.sleep(0.01)
for n in range(1000): print(n, flush=True)
pathlib.Path("/tmp/printed-all").touch()
"""


def cut_with_another_page(notebook, are_both_cut, is_other_first):
    """The lines that arrive of 1,000 at two pages of a kernel, when they are printed while one or both are cut."""
    started, is_cut, is_printed = [pathlib.Path("/tmp") / name for name in ("started", "is-cut", "printed-all")]
    for file in (started, is_cut, is_printed):
        file.unlink(missing_ok=True)
    other = Notebook(notebook.kernel)
    other.receive()
    cut = [other, notebook] if are_both_cut else [other]

    def replace():
        wait_for(started.exists)
        for page in cut:
            page.cut()
        is_cut.touch()
        wait_for(is_printed.exists)
        for page in cut if is_other_first else cut[::-1]:
            page.connect()

    lines, printed, end = notebook.run(AFTER_CUT, started=replace), [], time.monotonic() + 30
    while "".join(printed[-3:]).split()[-1:] != ["999"] and time.monotonic() < end:
        # The server sends pings, so this returns in any case.
        header, _, content = other.receive()
        if header.get("msg_type") == "stream":
            printed.append(content["text"])
    other.socket.close()
    return [described(lines), described("".join(printed).splitlines())]


# Prints a thousand lines from a thread, while the kernel is idle.
FROM_A_THREAD = """
import threading, time
def count():
    time.sleep(0.5)
    for n in range(1000):
        print(n, flush=True)
        time.sleep(0.002)
threading.Thread(target=count).start()
"""


def cut_while_idle(notebook):
    """The lines that arrive of 1,000 from a thread, when the connection is cut three times."""
    cuts = [600, 400, 200]

    def after(lines):
        if cuts and lines >= cuts[-1]:
            cuts.pop()
            notebook.cut()
            notebook.connect()

    return notebook.run(FROM_A_THREAD, after, last="999")


log = LOG.open("w")
server = subprocess.Popen(["python3", "-c", QUICK_PINGS, "--no-browser", "--ip=127.0.0.1", "--port=8888"], stdout=log, stderr=log)
for attempt in range(240):
    time.sleep(0.25)
    try:
        ask("me")
        break
    except OSError:
        if server.poll() is not None:
            raise SystemExit(LOG.read_text())

answers = {"words": words()}
notebook = Notebook()
notebook.run("1")
terminal = ask("terminals", "POST")["name"]
answers["pings"] = {
    what: pings(path)
    for what, path in {
        "kernel": f"api/kernels/{notebook.kernel}/channels?session_id=other",
        "terminal": f"terminals/websocket/{terminal}",
        "events": "api/events/subscribe",
    }.items()
}

answers["cut"] = cut_in_turns(notebook) == [str(n) for n in range(1000)]
repeated = notebook.repeated
notebook.confirms = False
notebook.cut()
notebook.connect()
answers["unconfirmed"] = cut_in_turns(notebook) == [str(n) for n in range(1000)] and notebook.repeated > repeated
notebook.confirms = True
notebook.cut()
notebook.connect()
for name, is_noticed in {"in transit": True, "stale": False}.items():
    answers[name] = described(lost_in_transit(notebook, is_noticed))
answers["two pages"] = [
    cut_with_another_page(notebook, are_both_cut, is_other_first)
    for are_both_cut, is_other_first in ((False, True), (True, True), (True, False))
]
answers["idle"] = described(cut_while_idle(notebook))
answers["at once"] = f"nodelay True /api/kernels/{notebook.kernel}/channels" in LOG.read_text()

fast = notebook.run("for n in range(0, 1_000_000, 5000): print('\\n'.join(f'{m:020}' for m in range(n, n + 5000)))")
answers["million"] = {"lines": len(fast), "whole": fast == [f"{n:020}" for n in range(1_000_000)]}

text = "x" * 15_000_000
try:
    answers["large"] = notebook.run(f"print(len('{text}'))")
except Exception as error:
    answers["large"] = repr(error)
print(json.dumps(answers))
server.kill()
