"""JupyterLab behind the site's sign-in.

Loaded after the image's own configuration (/etc/jupyter) and the users' (~/.jupyter, ~/.local/etc/jupyter), so users cannot
override these settings. JUPYTER_CONFIG_PATH in jupyter.ts sets that order.
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
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server_terminals.terminalmanager import TerminalManager
from traitlets.config import Config

# This folder comes last, so that its modules never hide a module of Python or Jupyter.
sys.path.append(str(Path(__file__).parent))
from jupyter_up import connections, kernels, saving  # noqa: E402

c = get_config()  # noqa: F821, provided by the loader

SECRETS = Path("/run/secrets/jupyter")
DOOR_SECRET = (SECRETS / "door-secret").read_text().strip().encode()
# An environment variable of kernels and terminals; see end_removed.py.
STARTED_BY = "JUPYTER_STARTED_BY"


class DoorIdentityProvider(IdentityProvider):
    """Takes the user's name from nginx, which checked the sign-in.

    A request that did not pass nginx lacks the shared secret, so another container cannot impersonate a user. Unlike a
    token added by the proxy, this keeps Jupyter's own checks of origin and XSRF cookie enabled.
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
        # A program with a key, as with Jupyter's own tokens: no page of another site can make a browser send it.
        # So it needs no XSRF cookie. See IdentityProvider.is_token_authenticated.
        handler._token_authenticated = "X-Auth-Program" in handler.request.headers
        return User(username=address, name=name, display_name=name)


c.ServerApp.identity_provider_class = DoorIdentityProvider
c.ServerApp.authorizer_class = AllowAllAuthorizer
# A token could leak through the logs. Nobody needs one, so none is accepted.
c.IdentityProvider.token = ""
# Requires sign-in for extensions whose handlers forgot to require it.
c.ServerApp.allow_unauthenticated_access = False
# X-Forwarded-Proto and X-Real-IP come from nginx alone.
c.ServerApp.trust_xheaders = True
c.ServerApp.tornado_settings = {
    # nginx uses plain HTTP here, so Jupyter would not mark its cookie as secure by itself.
    "xsrf_cookie_kwargs": {"secure": True},
    # Seconds. Cloudflare cuts a WebSocket that is silent for 100 seconds. Jupyter itself pings only on those of kernels
    # and terminals, not on /api/events/subscribe.
    "websocket_ping_interval": 30,
    # The largest message from a browser to a kernel, such as an uploaded file of a widget: the same as for a request.
    # By default, a message of more than 10 MB closes the connection without an error.
    "websocket_max_message_size": 512 * 1024 * 1024,
}


c.ServerApp.kernel_websocket_connection_class = connections.KernelConnection
c.LabApp.extra_labextensions_path = [str(Path(__file__).parent / "labextensions")]
# Bytes and messages per second: ten times Jupyter's own limits, at which printing a million lines loses some.
c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 10_000_000
c.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 10_000
# The notebooks folder of the host. The home directory around it keeps settings and installed packages.
c.ServerApp.root_dir = "/home/jovyan/work"
# The address and scheme that nginx uses. Users' old configuration files could otherwise make Jupyter unreachable.
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.sock = ""
c.ServerApp.base_url = "/"
c.ServerApp.certfile = ""
c.ServerApp.keyfile = ""
c.ServerApp.client_ca = ""
# nginx decides which host names lead here.
c.ServerApp.allow_remote_access = True
# Checks against other sites: their pages must not send requests.
c.ServerApp.disable_check_xsrf = False
c.ServerApp.allow_origin = ""
c.ServerApp.allow_origin_pat = ""
c.ServerApp.allow_credentials = False


def person():
    """Address of the user who sent the current request; None outside a request."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return getattr(getattr(handler, "current_user", None), "username", None)


class NotingKernelManager(AsyncMappingKernelManager):
    """Records in the environment of each kernel who started it, so that a release can end it; see end_removed.py."""

    async def start_kernel(self, **kwargs):
        if person():
            kwargs["env"] = {**(kwargs.get("env") or os.environ), STARTED_BY: person()}
        return await super().start_kernel(**kwargs)


class NotingTerminalManager(TerminalManager):
    """Records in the environment of each terminal who started it. Terminals are killed first when memory runs out."""

    def make_term_env(self, *args, **kwargs):
        environment = super().make_term_env(*args, **kwargs)
        return {**environment, STARTED_BY: person()} if person() else environment

    def new_terminal(self, **kwargs):
        terminal = super().new_terminal(**kwargs)
        kernels.end_first(terminal.ptyproc.pid)
        return terminal


c.ServerApp.kernel_manager_class = NotingKernelManager
c.TerminalsExtensionApp.terminal_manager_class = NotingTerminalManager
c.KernelProvisionerFactory.default_provisioner_name = kernels.NAME

c.ServerApp.contents_manager_class = saving.WholeFileManager
c.ContentsManager.checkpoints_class = saving.Checkpoints
c.NotebookNotary.store_factory = saving.Signatures
# A file in the trash would still use the disk, and JupyterLab does not show the trash.
c.FileContentsManager.delete_to_trash = False
# The page /disk, and the memory in the status bar.
c.ServerApp.extra_services = ["jupyter_up.disk", "jupyter_up.meter"]

# After this file was read, extensions can still change settings of the server under their old names, such as NotebookApp.ip.
# So these settings are applied again after each such change.
OURS = Config(ServerApp=deepcopy(c.ServerApp))
update_config = ServerApp.update_config


def update_all_but_ours(server, config):
    theirs = deepcopy(config)
    theirs.merge(OURS)
    update_config(server, theirs)


ServerApp.update_config = update_all_but_ours

# The server runs without the packages of the home directory (PYTHONNOUSERSITE), so that none of them can prevent its
# start: it uses a user's package only if it does not have its own. Kernels and terminals prefer the user's packages, as
# Python does elsewhere.
os.environ.pop("PYTHONNOUSERSITE", None)
# Kernels and terminals have the packages that serve.sh hides from the server.
hiding = str(Path(__file__).parent / "without")
paths = [path for path in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if path not in ("", hiding)]
if paths:
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
os.environ["PATH"] += f"{os.pathsep}{site.getuserbase()}/bin"
# serve.sh sets this variable if the server did not start with the packages of the home directory.
if "JUPYTER_UP_WITHOUT_HOME" not in os.environ:
    sys.path.append(site.getusersitepackages())

# For pandas: pd.read_sql("select ...", os.environ["DATABASE_URL"]). Every user who can run code here can read this variable.
# No other user can.
DATABASE_URL = SECRETS / "database-url"
if DATABASE_URL.exists():
    os.environ["DATABASE_URL"] = DATABASE_URL.read_text().strip()
