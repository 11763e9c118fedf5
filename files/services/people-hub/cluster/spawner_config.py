"""The servers of people run in a cluster: KubeSpawner starts them."""

import json
from pathlib import Path

from people_hub.cluster_config import use_cluster

c = get_config()  # noqa: F821, provided by the loader

HERE = Path(__file__).parent
SECRETS = Path("/run/secrets/people-hub")

use_cluster(
    c,
    definition=json.loads((HERE / "server.json").read_text()),
    files=HERE / "server",
    server_key=(SECRETS / "server-key").read_text().strip(),
    owner=json.loads((SECRETS / "owner.json").read_text()),
)
