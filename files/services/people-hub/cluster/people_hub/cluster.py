"""Starts the server of a person as a pod of a cluster, with KubeSpawner."""

import asyncio
import time

from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner
from people_hub.cluster_words import obstacle, progress_of, refused
from people_hub.names import secret_of
from people_hub.servers import PAUSE, NotStarted, is_up

# Seconds. A node is made in two minutes, and then fetches an image of some GB.
STARTED_WITHIN = 900
# Seconds after which a server that runs answers, also on a slow node.
ANSWERS_WITHIN = 120
# Seconds between two looks at what the cluster tells.
PROGRESS_EVERY = 0.5


class PodSpawner(KubeSpawner):
    """Makes each pod from the definition in server.json. Only the names, the size and the secrets differ between people."""

    # From the configuration; see use_cluster.
    definition: dict
    texts: dict
    server_key: str
    owner: dict
    # Of the start that is going on; None before the first one.
    obstacles = None

    async def _start(self):
        self.obstacles = Obstacles(self)
        try:
            await self._start_watching_pods()
            self.obstacles.before = uid_of(self.pod)
            await self.put_files()
            url = await first(super()._start(), self.obstacles.found())
            await first(answers(url), self.obstacles.found())
            return url
        except ApiException as error:
            raise NotStarted(refused(error.status, error.body or error.reason)) from error
        except ClientError as error:
            raise NotStarted(f"The cluster does not answer: {error}. Try again in a minute.") from error
        except TimeoutError as error:
            minutes = STARTED_WITHIN // 60
            raise NotStarted(f"Your server did not start in {minutes} minutes. {self.obstacles.last}") from error

    async def put_files(self):
        """Writes the server's files and the person's secrets into the cluster. They end with the site."""
        await self.put("config_map", {"kind": "ConfigMap", "data": self.texts})
        secrets = {"door-secret": f"{secret_of(self.server_key, self.user.name)}\n"}
        await self.put("secret", {"kind": "Secret", "type": "Opaque", "stringData": secrets})

    async def put(self, kind, content):
        """Creates an object with the pod's name, or replaces it. The token cannot read what it has written."""
        metadata = {"name": self.pod_name, "ownerReferences": [self.owner]}
        body = {"apiVersion": "v1", "metadata": metadata, **content}
        try:
            await getattr(self.api, f"create_namespaced_{kind}")(self.namespace, body)
        except ApiException as error:
            if error.status != 409:
                raise
            await getattr(self.api, f"replace_namespaced_{kind}")(self.pod_name, self.namespace, body)

    async def get_pod_manifest(self):
        pod = await super().get_pod_manifest()
        # The cluster removes all pods when the site gives up its place there.
        pod.metadata.owner_references = [self.owner]
        return pod

    def get_env(self):
        # JupyterHub's own variables contain a token for the hub, which no server needs.
        return dict(self.definition["environment"])

    async def load_user_options(self):
        # The size of the last start may be gone from the settings.
        if self.user_options.get("profile") not in [profile["slug"] for profile in self.profile_list]:
            self.user_options = {}
        await super().load_user_options()

    async def poll(self):
        pod = self.pod
        if pod and is_lost(pod):
            # Its node does not answer, so the pod would stay for as long as the cluster knows the node.
            await self.stop(now=True)
            return 1
        return await super().poll()

    async def progress(self):
        # KubeSpawner's own would tell the events of the person's last pod, too.
        told, said = set(), None
        while not (self._start_future and self._start_future.done()):
            for event in self.obstacles.events() if self.obstacles else []:
                words = progress_of(event)
                if words and words != said and event["metadata"]["uid"] not in told:
                    said = words
                    yield {"progress": min(90, 10 + 10 * len(told)), "message": words}
                told.add(event["metadata"]["uid"])
            await asyncio.sleep(PROGRESS_EVERY)

    @property
    def pod(self):
        """The pod as the cluster last told it; None if there is none."""
        reflector = self.reflectors.get(self._get_reflector_key("pods"))
        return reflector and reflector.pods.get(f"{self.namespace}/{self.pod_name}")


class Obstacles:
    """What is in the way of one start."""

    def __init__(self, spawner):
        self.spawner = spawner
        self.last = ""
        # A pod of an earlier start, which may still be there.
        self.before = None

    def pod(self):
        """The pod of this start; None if there is none yet."""
        pod = self.spawner.pod
        return pod if uid_of(pod) != self.before else None

    def events(self):
        """What the cluster has told about this pod, the oldest first."""
        pod, reflector = self.pod(), self.spawner.event_reflector
        if not pod or not reflector:
            return []
        return [event for event in reflector.events if event["involvedObject"].get("uid") == uid_of(pod)]

    async def found(self):
        """Waits for something that the start cannot get past. Throws NotStarted."""
        while True:
            pod = self.pod()
            if pod:
                words, is_final = obstacle(pod, self.events())
                self.last = words or self.last
                if is_final:
                    raise NotStarted(words)
            await asyncio.sleep(PAUSE)


async def first(work, watch):
    """The result of `work`, unless `watch` throws before."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(watch)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answers(url):
    """Waits until a server answers requests from this machine. Throws NotStarted."""
    end = time.monotonic() + ANSWERS_WITHIN
    while not await is_up(url):
        if time.monotonic() > end:
            raise NotStarted(
                f"Your server runs in the cluster, but the site's machine does not reach it at {url}. The owner of this site has to"
                " look at the route to the cluster's pods, and at the setting cluster.address."
            )
        await asyncio.sleep(PAUSE)


def is_lost(pod):
    """Whether the pod's node does not answer: the cluster then calls the pod unready, and leaves its containers as they were."""
    status = pod["status"]
    ready = [each for each in status.get("conditions") or [] if each["type"] == "Ready"]
    containers = status.get("containerStatuses") or []
    return (
        status["phase"] == "Running"
        and any(each["status"] == "False" for each in ready)
        and bool(containers)
        and all(each["ready"] for each in containers)
    )


def uid_of(pod):
    return pod["metadata"]["uid"] if pod else None
