"""JupyterLab behind the site's front door.

Loaded after the image's own configuration (/etc/jupyter) and the users' (~/.jupyter, ~/.local/etc/jupyter): what is set here is
not changed by theirs. JUPYTER_CONFIG_PATH in jupyter.ts sees to that.
"""

import hmac
import os
import site
import sys
from copy import deepcopy
from pathlib import Path

from jupyter_server import CallContext
from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server_terminals.terminalmanager import TerminalManager
from traitlets.config import Config

c = get_config()  # noqa: F821, provided by the loader

SECRETS = Path("/run/secrets/jupyter")
DOOR_SECRET = (SECRETS / "door-secret").read_text().strip().encode()
# Variable of kernels and terminals; see end_removed.py.
STARTED_BY = "JUPYTER_STARTED_BY"


class DoorIdentityProvider(IdentityProvider):
    """Takes the person's name from nginx, which signed them in.

    A request that did not come through the door lacks its secret, so another container cannot be anybody. Unlike a
    token put in by the proxy, this leaves Jupyter's own checks of origin and XSRF cookie switched on.
    """

    login_available = False
    logout_available = False

    def get_user(self, handler):
        secret = handler.request.headers.get("X-Door-Secret", "").encode()
        address = handler.request.headers.get("X-Auth-User", "")
        if not address or not hmac.compare_digest(secret, DOOR_SECRET):
            return None
        # Headers arrive as Latin-1; nginx wrote UTF-8.
        name = handler.request.headers.get("X-Auth-Name", address).encode("latin-1").decode("utf-8", "replace")
        return User(username=address, name=name, display_name=name)


c.ServerApp.identity_provider_class = DoorIdentityProvider
c.ServerApp.authorizer_class = AllowAllAuthorizer
# There is no token to dig out of the logs: nobody needs one, and none would be taken.
c.IdentityProvider.token = ""
# Extensions that forgot to ask for a signed-in person get one asked for.
c.ServerApp.allow_unauthenticated_access = False
# X-Forwarded-Proto and X-Real-IP come from nginx alone.
c.ServerApp.trust_xheaders = True
c.ServerApp.tornado_settings = {
    # Jupyter is asked by plain HTTP, and would not ask browsers to keep its cookie to HTTPS.
    "xsrf_cookie_kwargs": {"secure": True},
    # Seconds. Cloudflare cuts a WebSocket on which nothing comes for 100 seconds. Jupyter itself pings on those of kernels and
    # terminals only, and not on /api/events/subscribe.
    "websocket_ping_interval": 30,
    # What a browser sends a kernel, such as a file that a widget uploads: as much as a request can hold. By default a message of
    # more than 10 MB ends the connection without a word.
    "websocket_max_message_size": 512 * 1024 * 1024,
}


class KernelConnection(ZMQChannelsWebsocketConnection):
    """Sends each message at once, and says what to do where output is left out."""

    def connect(self):
        # Else the last messages wait up to 40 ms for an answer of the other side. They are lost where the connection is cut.
        self.websocket_handler.set_nodelay(True)
        return super().connect()

    def write_stderr(self, error_message, parent_header):
        # Jupyter names options of its command line, which nobody here can give.
        if "rate exceeded" in error_message:
            error_message = (
                "Some output was left out: it came so fast that the browser could freeze "
                f"(more than {self.iopub_data_rate_limit / 1e6:g} MB or {self.iopub_msg_rate_limit:g} messages a second). "
                "The code runs on. Print less, or write to a file."
            )
        super().write_stderr(error_message, parent_header)


c.ServerApp.kernel_websocket_connection_class = KernelConnection
# Bytes and messages a second: ten times Jupyter's own limits, at which printing a million lines loses some.
c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 10_000_000
c.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 10_000
# The notebooks folder of the host. The home directory around it keeps settings and installed packages.
c.ServerApp.root_dir = "/home/jovyan/work"
# Where nginx asks, and how. Users who bring their old configuration would not reach Jupyter any more.
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.sock = ""
c.ServerApp.base_url = "/"
c.ServerApp.certfile = ""
c.ServerApp.keyfile = ""
c.ServerApp.client_ca = ""
# Which names lead here, nginx decides.
c.ServerApp.allow_remote_access = True
# The checks behind the door: a page of another site must not ask for anything.
c.ServerApp.disable_check_xsrf = False
c.ServerApp.allow_origin = ""
c.ServerApp.allow_origin_pat = ""
c.ServerApp.allow_credentials = False


def person():
    """Address of whoever sent the request that is being answered; None where nobody did."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return getattr(getattr(handler, "current_user", None), "username", None)


class NotingKernelManager(AsyncMappingKernelManager):
    """Notes in each kernel's environment who started it, so that a release can end it; see end_removed.py."""

    async def start_kernel(self, **kwargs):
        if person():
            kwargs["env"] = {**(kwargs.get("env") or os.environ), STARTED_BY: person()}
        return await super().start_kernel(**kwargs)


class NotingTerminalManager(TerminalManager):
    """The same for terminals."""

    def make_term_env(self, *args, **kwargs):
        environment = super().make_term_env(*args, **kwargs)
        return {**environment, STARTED_BY: person()} if person() else environment


c.ServerApp.kernel_manager_class = NotingKernelManager
c.TerminalsExtensionApp.terminal_manager_class = NotingTerminalManager

# Extensions hand on to the server what they find under its old names, such as NotebookApp.ip, after this file was read.
OURS = Config(ServerApp=deepcopy(c.ServerApp))
update_config = ServerApp.update_config


def update_all_but_ours(server, config):
    theirs = deepcopy(config)
    theirs.merge(OURS)
    update_config(server, theirs)


ServerApp.update_config = update_all_but_ours

# The server runs without the packages of the home directory (PYTHONNOUSERSITE), so that none of them can keep it from
# starting: of theirs it finds only what it has not got itself. Kernels and terminals prefer them, as Python does anywhere.
os.environ.pop("PYTHONNOUSERSITE", None)
os.environ["PATH"] += f"{os.pathsep}{site.getuserbase()}/bin"
# Set by serve.sh where the server did not start with them.
if "JUPYTER_UP_WITHOUT_HOME" not in os.environ:
    sys.path.append(site.getusersitepackages())

# For pandas: pd.read_sql("select ...", os.environ["DATABASE_URL"]). Known to whoever may run code here, and to nobody else.
DATABASE_URL = SECRETS / "database-url"
if DATABASE_URL.exists():
    os.environ["DATABASE_URL"] = DATABASE_URL.read_text().strip()
