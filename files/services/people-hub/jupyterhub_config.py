"""JupyterHub behind the site's sign-in: it starts a server for each person, and the proxy leads to it."""

import os
import socket
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE))
from people_hub.door import Door, log_without_secret, use_door  # noqa: E402

c = get_config()  # noqa: F821, provided by the loader

SECRETS = Path("/run/secrets/people-hub")
DATA = "/data"

use_door((SECRETS / "door-secret").read_text().strip())
c.JupyterHub.authenticator_class = Door
# nginx has the allow list.
c.Authenticator.allow_all = True
# Seconds. A small machine with a cold disk takes more than a minute; what fails says so at once.
c.Spawner.start_timeout = 300
# The spawner itself waits until the server answers.
c.Spawner.http_timeout = 10
c.Spawner.poll_interval = 10
# After three failures, JupyterHub would stop itself.
c.Spawner.consecutive_failure_limit = 0
# The first visit starts a server, without a click.
c.JupyterHub.implicit_spawn_seconds = 0.01
# A page that waits for a server says at once that it starts.
c.JupyterHub.tornado_settings = {
    "slow_spawn_timeout": 0,
    "cookie_options": {"secure": True},
    "log_function": log_without_secret,
}

# The address that only nginx and the proxy reach: the servers of people are on other networks.
address = socket.gethostbyname("hub-door")
c.JupyterHub.hub_bind_url = f"http://{address}:8081"
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
# The proxy is a service of its own, so servers stay reachable when the hub restarts.
os.environ["CONFIGPROXY_AUTH_TOKEN"] = (SECRETS / "token").read_text().strip()
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://proxy-door:8001"
c.JupyterHub.cleanup_proxy = False
# Seconds after which a proxy that has restarted knows all servers again.
c.JupyterHub.last_activity_interval = 10
c.JupyterHub.cleanup_servers = False

c.JupyterHub.db_url = f"sqlite:///{DATA}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{DATA}/cookie-secret"
c.JupyterHub.template_paths = [str(HERE / "templates")]
# nginx limits the sign-ins, and asks at every request.
c.JupyterHub.concurrent_spawn_limit = 4
c.JupyterHub.log_level = "WARN"

# Where the servers run.
load_subconfig(str(HERE / "spawner_config.py"))  # noqa: F821, provided by the loader
