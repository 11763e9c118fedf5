"""Makes JupyterHub start the servers of people in a cluster: what every pod has in common."""

import shlex
from pathlib import Path

from people_hub.cluster import STARTED_WITHIN, PodSpawner
from people_hub.servers import PORT

# Seconds in which kernels end; the same as in Jupyter's definition.
STOPPED_WITHIN = 20
# Seconds after which a pod leaves a node that does not answer.
NODE_LOST_AFTER = 30
MIB = 1024 * 1024


def use_cluster(c, definition, files, server_key, owner):
    """
    Makes JupyterHub start servers in a cluster.

    definition: server.json. files: the folder of the server's files. server_key: the secret from which each server's own is made;
    nginx has it, too. owner: an owner reference. When its object is deleted, everything that the hub made is, except homes.
    """
    texts = {str(path.relative_to(files)): path.read_text() for path in sorted(files.rglob("*")) if path.is_file()}
    PodSpawner.definition, PodSpawner.server_key, PodSpawner.owner = definition, server_key, owner
    PodSpawner.texts = {key_of(path): text for path, text in texts.items()}
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
    use_volumes(spawner, definition, list(texts))
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


def use_volumes(spawner, definition, paths):
    items = [{"key": key_of(path), "path": path} for path in paths]
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


def key_of(path):
    """The key of a file in a ConfigMap, where keys have no slashes."""
    return path.replace("/", "--")
