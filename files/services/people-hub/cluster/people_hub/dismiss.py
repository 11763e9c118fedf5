"""
Ends the servers of people who are not on the allow list any more.

    python3 -m people_hub.dismiss FOLDER

FOLDER has server.json. Standard input is the allow list, one entry per line.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import ClientError
from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api
from people_hub.names import is_allowed, person_of

# KubeSpawner's label of servers, and its annotation with the name in the hub.
SERVERS = "component=singleuser-server"
PERSON = "hub.jupyter.org/username"
# Seconds in which the cluster has to answer.
ANSWERED_WITHIN = 20


async def main(namespace, allow_list):
    await config.load_kube_config()
    async with ApiClient() as client:
        api = CoreV1Api(client)
        pods = await api.list_namespaced_pod(namespace, label_selector=SERVERS, _request_timeout=ANSWERED_WITHIN)
        for pod in pods.items:
            person = person_of((pod.metadata.annotations or {}).get(PERSON, ""))
            if person and is_allowed(person, allow_list):
                continue
            await api.delete_namespaced_pod(pod.metadata.name, namespace, _request_timeout=ANSWERED_WITHIN)
            print(f"{person or pod.metadata.name} is not on the allow list any more. Their server was stopped.")


if __name__ == "__main__":
    definition = json.loads((Path(sys.argv[1]) / "server.json").read_text())
    try:
        asyncio.run(main(definition["namespace"], {line.strip().lower() for line in sys.stdin}))
    except (ApiException, ClientError, OSError, asyncio.TimeoutError) as error:
        sys.exit(
            "The cluster could not be asked whose servers run there. Those of people who are not on the allow list any more may"
            f" still run. Nobody reaches them. {error}"
        )
