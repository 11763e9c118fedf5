"""Starts the server of a person as a pod of a cluster, with KubeSpawner."""

import asyncio
import hashlib
import hmac
import shlex
import time
from pathlib import Path

from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner
from people_hub.cluster_words import obstacle, progress_of, refused
from people_hub.servers import PAUSE, PORT, NotStarted, is_up

# Seconds. A node is made in two minutes, and then fetches an image of some GB.
STARTED_WITHIN = 900
# Seconds after which a server that runs answers, also on a slow node.
ANSWERS_WITHIN = 120
# Seconds in which kernels end; the same as in Jupyter's definition.
STOPPED_WITHIN = 20
# Seconds between two looks at what the cluster tells.
PROGRESS_EVERY = 0.5
# Seconds after which a pod leaves a node that does not answer.
NODE_LOST_AFTER = 30
MIB = 1024 * 1024


class PodSpawner(KubeSpawner):
    """Makes each pod from the definition in server.json. Only the names, the size and the secrets differ between people."""

    # From the configuration; see use_cluster.
    definition: dict
    files: Path
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
        texts = {key_of(path): (self.files / path).read_text() for path in paths_in(self.files)}
        await self.put("config_map", {"kind": "ConfigMap", "data": texts})
        secrets = {"door-secret": f"{derived(self.server_key, self.user.name)}\n"}
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
        reflector = self.pod_reflector_or_none
        return reflector and reflector.pods.get(f"{self.namespace}/{self.pod_name}")

    @property
    def pod_reflector_or_none(self):
        return self.reflectors.get(self._get_reflector_key("pods"))


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


def derived(key, name):
    """The secret of a person's server; nginx derives the same."""
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()


def paths_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def key_of(path):
    """The key of a file in a ConfigMap, where keys have no slashes."""
    return path.replace("/", "--")


def use_cluster(c, definition, files, server_key, owner):
    """
    Makes JupyterHub start servers in a cluster.

    definition: server.json. files: the folder of the server's files. server_key: the secret from which each server's own is made;
    nginx has it, too. owner: an owner reference. When its object is deleted, everything that the hub made is, except homes.
    """
    PodSpawner.definition, PodSpawner.files, PodSpawner.server_key, PodSpawner.owner = definition, files, server_key, owner
    c.JupyterHub.spawner_class = PodSpawner
    spawner = c.PodSpawner
    spawner.namespace = definition["namespace"]
    spawner.image = definition["image"]
    spawner.image_pull_policy = "IfNotPresent"
    home = definition["home"]["at"]
    spawner.cmd = ["sh", "-c", f'mkdir -p {shlex.quote(home)}/work && exec "$@"', "sh", *definition["command"]]
    spawner.port = PORT
    spawner.start_timeout = STARTED_WITHIN
    spawner.delete_grace_period = STOPPED_WITHIN
    use_home(spawner, definition["home"])
    use_volumes(spawner, definition, files)
    use_hardening(spawner, definition["user"])
    use_sizes(spawner, definition["sizes"])
    # Beside the server, as on one machine: packages may take minutes.
    behind = "; ".join(shlex.join(command) for command in definition["prepare"])
    script = f"setsid sh -c {shlex.quote(behind)} </dev/null >/tmp/prepare.log 2>&1 &"
    spawner.lifecycle_hooks = {"postStart": {"exec": {"command": ["sh", "-c", script]}}}


def use_home(spawner, home):
    spawner.storage_pvc_ensure = True
    spawner.storage_capacity = f"{home['gib']}Gi"
    if home["storageClass"]:
        spawner.storage_class = home["storageClass"]
    spawner.storage_access_modes = ["ReadWriteOnce"]


def use_volumes(spawner, definition, files):
    items = [{"key": key_of(path), "path": path} for path in paths_in(files)]
    memory = [
        (f"memory-{number}", {"medium": "Memory", **({"sizeLimit": f"{folder['mib']}Mi"} if folder["mib"] else {})}, folder["at"])
        for number, folder in enumerate(definition["inMemory"])
    ]
    spawner.volumes = [
        {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
        {"name": "files", "configMap": {"name": "{pod_name}", "items": items}},
        {"name": "secrets", "secret": {"secretName": "{pod_name}", "defaultMode": 0o440}},
        *({"name": name, "emptyDir": options} for name, options, _ in memory),
    ]
    at = definition["files"]["at"]
    spawner.volume_mounts = [
        {"name": "home", "mountPath": definition["home"]["at"]},
        {"name": "files", "mountPath": at, "readOnly": True},
        *(
            {"name": "files", "mountPath": place, "subPath": path, "readOnly": True}
            for place, path in definition["files"]["elsewhere"].items()
        ),
        {"name": "secrets", "mountPath": definition["secrets"], "readOnly": True},
        *({"name": name, "mountPath": place} for name, _, place in memory),
    ]


def use_hardening(spawner, user):
    """What the policy `restricted` of Kubernetes asks for."""
    spawner.uid, spawner.gid, spawner.fs_gid = user["uid"], user["gid"], user["gid"]
    spawner.allow_privilege_escalation = False
    spawner.automount_service_account_token = False
    spawner.container_security_context = {"capabilities": {"drop": ["ALL"]}}
    spawner.pod_security_context = {
        "runAsNonRoot": True,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    lost = [
        {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": NODE_LOST_AFTER}
        for state in ("not-ready", "unreachable")
    ]
    spawner.tolerations = lost
    spawner.extra_pod_config = {
        "restart_policy": "Never",
        "enable_service_links": False,
        "termination_grace_period_seconds": STOPPED_WITHIN,
    }


def use_sizes(spawner, sizes):
    """One size needs no choice. Of several, people choose one at each start."""
    if len(sizes) == 1:
        for name, value in size_of(sizes[0]).items():
            setattr(spawner, name, value)
        return
    spawner.profile_list = [
        {
            "slug": f"size-{number}",
            "display_name": size["name"],
            "description": described(size),
            "kubespawner_override": size_of(size),
        }
        for number, size in enumerate(sizes, 1)
    ]
    spawner.profile_form_template = (Path(__file__).parent.parent / "templates/sizes.html").read_text()


def size_of(size):
    """KubeSpawner's settings for a size. A server has its memory to itself, and its share of the processors at least."""
    gpus = {"nvidia.com/gpu": str(size["gpus"])} if size["gpus"] else {}
    return {
        "cpu_guarantee": size["cpu"],
        "mem_guarantee": size["mib"] * MIB,
        "mem_limit": size["mib"] * MIB,
        "extra_resource_limits": gpus,
        "node_selector": size["nodes"],
    }


def described(size):
    parts = [
        f"{size['cpu']:g} processor{'s' if size['cpu'] != 1 else ''}",
        f"{memory_of(size['mib'])} of memory",
        *([f"{size['gpus']} GPU{'s' if size['gpus'] != 1 else ''}"] if size["gpus"] else []),
        *([size["price"]] if size["price"] else []),
    ]
    return ", ".join(parts)


def memory_of(mib):
    return f"{mib // 1024} GiB" if mib % 1024 == 0 else f"{mib} MiB"
