"""A page's connection to a kernel. It loses no output when it is cut, and says why output is missing or a kernel ended.

Jupyter keeps what a kernel sends while no page is connected. But the server learns of a cut late: what it sent until then is lost.
So a connection keeps each message until the page has confirmed it. The next connection of the page sends unconfirmed messages again,
and the page ignores those that it has (labextensions/jupyter-up/resend.js).

The server sends a text, `{"confirm": NUMBER}`, after a message, and the page sends it back. Messages arrive in their order, so this
confirms all messages up to this number. A pong would not: a browser answers a ping before the page has the messages before it, and
drops them if the connection is cut at that moment.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from functools import partial

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.websocket import WebSocketClosedError

# Of messages that a page has not confirmed. Older ones are forgotten: a page that reads so slowly could take all memory.
MOST_MESSAGES, MOST_BYTES = 10_000, 64 * 1024 * 1024
# Messages of a page that was cut while the kernel has other pages are kept for this many seconds, and for this many pages.
KEPT_FOR, MOST_PAGES = 3600, 4
# WebSocket codes of a page that was closed or loaded again.
CLOSED_BY_PAGE = (1000, 1001)


class Unconfirmed:
    """The messages that a page has not confirmed, oldest first. They are numbered from 1."""

    def __init__(self):
        self.messages = deque()
        self.size = 0
        self.newest = 0

    def add(self, channel, parts):
        self.messages.append((channel, parts))
        self.size += size_of(parts)
        self.newest += 1
        while len(self.messages) > MOST_MESSAGES or self.size > MOST_BYTES:
            self.drop_oldest()

    def confirm(self, number):
        """Forgets the messages up to this number."""
        while self.messages and self.newest - len(self.messages) < number:
            self.drop_oldest()

    def drop_oldest(self):
        _, parts = self.messages.popleft()
        self.size -= size_of(parts)


def size_of(parts):
    return sum(len(part) for part in parts)


class KernelConnection(ZMQChannelsWebsocketConnection):
    """A WebSocket between a page and a kernel. It keeps messages until the page confirms them."""

    # Header of the request that the kernel is working on; its cell shows what is said here.
    request = {}
    # Whether the page confirms messages, and ignores those that it has already received.
    sends_again = False
    # Whether the page has not answered the last question yet.
    is_asked = False
    is_disconnected = False
    # The channels of the page's last connection, which received what the kernel sent in the meantime.
    kept_channels = None
    # What is kept for pages that were cut while their kernels have other pages, by session, in Jupyter's format. Oldest first.
    pages = {}

    async def _register_session(self):
        # The page has connected again before the server noticed the cut. Jupyter closes the old connection only after the new one has
        # looked for kept messages.
        stale = self._open_sessions.get(f"{self.kernel_id}:{self.session.session}")
        if stale is not None and stale.connection is not None:
            stale.connection.disconnect()
            stale.close()
        await super()._register_session()

    def connect(self):
        handler = self.websocket_handler
        # Otherwise the last messages wait up to 40 ms for an acknowledgement of TCP.
        handler.set_nodelay(True)
        self.unconfirmed = Unconfirmed()
        self.sends_again = handler.get_argument("resend", "") == "1"
        buffers = self.multi_kernel_manager._kernel_buffers
        own, other = self.pages.pop(self.session_key, None), None
        if own:
            # Jupyter has a buffer for one page of the kernel. It may be another one's.
            other = buffers.pop(self.kernel_id, None)
            buffers[self.kernel_id] = own
        kept = self.kept()
        self.kept_channels = kept["channels"] if kept else None
        connected = super().connect()
        if other:
            buffers[self.kernel_id] = other
        return connected

    def kept(self):
        """What Jupyter keeps for this page while it is not connected; None if nothing."""
        kept = self.multi_kernel_manager._kernel_buffers.get(self.kernel_id)
        return kept if kept and kept["session_key"] == self.session_key else None

    def nudge(self):
        # Jupyter checks whether new channels receive messages. The check takes one message away, and output of threads then belongs to
        # no cell. Kept channels need no check.
        if self.channels is self.kept_channels:
            checked = asyncio.get_running_loop().create_future()
            checked.set_result(None)
            return checked
        return super().nudge()

    def handle_outgoing_message(self, stream, outgoing_msg):
        if self.sends_again:
            self.unconfirmed.add(stream if isinstance(stream, str) else stream.channel, outgoing_msg)
        super().handle_outgoing_message(stream, outgoing_msg)
        self.ask_for_confirmation()

    def ask_for_confirmation(self):
        if self.is_asked or not self.unconfirmed.messages:
            return
        with suppress(WebSocketClosedError):
            self.write_message(json.dumps({"confirm": self.unconfirmed.newest}))
            self.is_asked = True

    def handle_incoming_message(self, incoming_msg):
        if self.sends_again and isinstance(incoming_msg, str) and incoming_msg.startswith('{"confirm":'):
            self.unconfirmed.confirm(json.loads(incoming_msg)["confirm"])
            self.is_asked = False
            self.ask_for_confirmation()
        else:
            super().handle_incoming_message(incoming_msg)

    def disconnect(self):
        # Jupyter calls this again when the socket is closed, and would count the connection twice.
        if self.is_disconnected:
            return
        self.is_disconnected = True
        is_last = self.multi_kernel_manager._kernel_connections.get(self.kernel_id, 0) <= 1
        if self.sends_again and not is_last and self.websocket_handler.close_code not in CLOSED_BY_PAGE:
            self.keep_beside_others()
        super().disconnect()
        kept = self.kept()
        if self.sends_again and kept:
            kept["buffer"][:0] = self.unconfirmed.messages

    def keep_beside_others(self):
        """Keeps the channels open, and their messages. Jupyter does this for the last page of a kernel only."""
        # Jupyter closes the channels that it finds.
        channels, self.channels = self.channels, {}
        for channel, stream in channels.items():
            stream.on_recv(partial(self.unconfirmed.add, channel))
        kept = {"session_key": self.session_key, "channels": channels, "buffer": self.unconfirmed.messages}
        self.pages[self.session_key] = kept
        self.log.info("Keeping messages for %s", self.session_key)
        asyncio.get_running_loop().call_later(KEPT_FOR, self.forget, kept)
        while len(self.pages) > MOST_PAGES:
            self.forget(next(iter(self.pages.values())))

    def forget(self, kept):
        """Closes the channels of a page, unless it has connected again."""
        if self.pages.get(kept["session_key"]) is kept:
            del self.pages[kept["session_key"]]
            for stream in kept["channels"].values():
                stream.close()

    def write_stderr(self, error_message, parent_header):
        # Jupyter's message names command line options, which users cannot set here.
        if "rate exceeded" in error_message:
            error_message = (
                "Some output was left out: it came so fast that the browser could freeze "
                f"(more than {self.iopub_data_rate_limit / 1e6:g} MB or {self.iopub_msg_rate_limit:g} messages a second). "
                "The code keeps running. Print less, or write to a file."
            )
        super().write_stderr(error_message, parent_header)

    def _on_error(self, channel, msg, msg_list):
        # Jupyter calls this for each message of the kernel.
        if channel == "iopub":
            header = self.get_part("header", msg["header"], msg_list)
            if header["msg_type"] == "execute_input":
                self.request = self.get_part("parent_header", msg["parent_header"], msg_list)
        super()._on_error(channel, msg, msg_list)

    def on_kernel_restarted(self):
        self.tell_why_ended()
        super().on_kernel_restarted()

    def on_restart_failed(self):
        self.tell_why_ended()
        super().on_restart_failed()

    def tell_why_ended(self):
        # Kernels of other provisioners have no such text.
        why_ended = getattr(self.kernel_manager.provisioner, "why_ended", str)()
        if why_ended:
            # Before the status, at which JupyterLab forgets which cell waits for output.
            self.write_stderr(why_ended, self.request)
