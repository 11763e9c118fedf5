"""What people read while their server starts in a cluster, in place of Kubernetes's own messages."""

import json
import re

# Why a container waits that will not start by itself. https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff
NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
NOT_MADE = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
# Of the registry's answer: waiting does not help.
NEVER = re.compile(r"not found|denied|unauthorized|manifest unknown|invalid reference|no such host", re.IGNORECASE)

# By the reason of an event.
PROGRESS = {
    "Scheduled": "A node of the cluster has room for your server.",
    "FailedScheduling": "No node of the cluster has room for your server. If the cluster adds nodes by itself, this takes two"
    " minutes.",
    "TriggeredScaleUp": "A machine is being made for your server. This takes about 90 seconds.",
    "SuccessfulAttachVolume": "Your home is attached.",
    "FailedAttachVolume": "Your home is still attached to another node. This may take some minutes.",
    "Pulling": "The image is being fetched. On a new node, this takes some minutes.",
    "Pulled": "The image is there.",
    "Started": "JupyterLab starts.",
}


def progress_of(event):
    """What an event means for the person who waits; None if nothing."""
    return PROGRESS.get(event.get("reason"))


def obstacle(pod, events):
    """What is in the way of a pod, and whether it stays there: (words or None, bool)."""
    status = pod["status"]
    if status["phase"] == "Failed" and status.get("reason"):
        return f"The cluster has ended your server: {status.get('message') or status['reason']}", True
    for container in status.get("containerStatuses") or []:
        state = container["state"]
        if "terminated" in state:
            return ended(state["terminated"]), True
        waiting = state.get("waiting") or {}
        if waiting.get("reason") in NO_IMAGE:
            said = said_about_image(waiting, events)
            return no_image(container["image"], said), waiting["reason"] != "ErrImagePull" or bool(NEVER.search(said))
        if waiting.get("reason") in NOT_MADE:
            return f"The cluster cannot start your server: {waiting.get('message')}. The owner has to look at it.", True
    return waits(events)


def waits(events):
    """Why a pod has no node yet. The cluster may still make one."""
    for event in reversed(events):
        if event.get("reason") == "NotTriggerScaleUp":
            return f"The cluster cannot make a machine for this size: {event.get('message')}. Choose another size.", True
        if event.get("reason") == "FailedScheduling":
            return f"No node of the cluster has room for it: {event.get('message')}", False
        if event.get("reason") in ("FailedMount", "FailedAttachVolume", "ProvisioningFailed"):
            return f"The home cannot be attached: {event.get('message')}", False
    return None, False


def ended(terminated):
    """Why a server ended while it started."""
    if terminated.get("reason") == "OOMKilled":
        return "Your server ran out of memory while it started. Choose a bigger size."
    return (
        f"Your server ended while it started (exit code {terminated.get('exitCode')}). A file in your home directory may prevent"
        " it: ~/.jupyter, ~/.local or ~/.bashrc."
    )


def no_image(image, said):
    return (
        f"The cluster cannot fetch the image {image}: {said} The owner of this site can set another one:"
        " pulumi config set imageTag 2026-08-08 && pulumi up"
    )


def said_about_image(waiting, events):
    """What the registry said. After the first attempt, only an event has it."""
    said = [event.get("message") or "" for event in events if event.get("reason") == "Failed"]
    said = [message for message in said if message.startswith("Failed to pull image")]
    message = said[-1] if said else waiting.get("message") or waiting["reason"]
    last = message.rstrip(".").rsplit(": ", 2)
    return f"{': '.join(last[-2:])}."


def refused(status, body):
    """What the cluster's API said to a request that it refused."""
    message = message_in(body)
    quota = re.search(r"limited: (?:count/)?pods=(\d+)", message)
    if quota:
        places = int(quota[1])
        return (
            f"All {places} servers of this site are in use. Try again when somebody has stopped theirs. The owner can allow more:"
            f" pulumi config set --path servers.most {places + 1} && pulumi up"
        )
    if status == 401:
        return "The cluster does not know this site any more. The owner has to run: pulumi up --refresh"
    if status == 404:
        return "The cluster has no place for this site any more. The owner has to run: pulumi up --refresh"
    return f"The cluster refused your server: {message}"


def message_in(body):
    try:
        return json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        return str(body)
