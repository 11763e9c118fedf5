"""
Sets the limits of containers that depend on this machine's memory and cores: on running containers, at each release, and at each
boot, because the machine may have another type since then.
"""

from __future__ import annotations

from typing import Optional

from . import docker, machine
from .containers import Snapshot
from .layout import Layout
from .log import say
from .manifest import Manifest, Service
from .releases import manifest_of

_MIB = 1024 * 1024


def set_again(layout: Layout) -> int:
    """`site-apply limits`: sets the limits of the running site for this machine. A unit runs it at each boot."""
    machine.check()
    manifest = manifest_of(layout.current)
    if manifest is None:
        return 0
    containers = docker.Project(manifest.project).snapshot()
    limit_memory(containers, manifest)
    allow_processes(containers, manifest)
    return 0


def limit_memory(containers: Snapshot, manifest: Manifest) -> None:
    """
    Gives services a share of the machine's memory, or what the other services do not need. A kernel that needs more is killed.
    Without this limit, the whole machine would swap until it no longer answers.
    """
    for service in manifest.services:
        found = memory_of(service)
        if found is None:
            continue
        most, swap = found
        limits = ("--memory", f"{most}m", "--memory-swap", f"{swap}m")
        result = docker.act("update", *limits, containers.container_of(service.name))
        if not result.ok:
            say(f"The memory of {service.name} could not be limited to {most} MiB. Docker says: {result.last_line}")


def memory_of(service: Service) -> Optional[tuple[int, int]]:
    """A service's limits for memory, and for memory plus swap, in MiB. None if they are those of its definition."""
    machine = docker.engine().memory // _MIB
    if service.memory_beside_mib is not None:
        return memory_for(machine, service.memory_beside_mib)
    share = service.memory_share
    if share is None:
        return None
    most = max(share.least_mib, machine // share.part)
    # As much swap as memory, which is Docker's default.
    return most, most * 2


def memory_for(machine: int, beside: int) -> tuple[int, int]:
    """
    The limits for memory, and for memory plus swap, in MiB.

    machine: the machine's memory in MiB. beside: the memory that other services need, in MiB.
    """
    # On a larger machine, other programs need more memory.
    most = max(256, machine - max(beside, machine // 20))
    # A small machine gives only 64 MiB of swap. The disk of an e2-micro writes 2.4 MB a second, so a kernel fills them within 30
    # seconds and is then killed.
    return most, most + 64 if machine < 2000 else most * 2


def allow_processes(containers: Snapshot, manifest: Manifest) -> None:
    """Sets the limit of processes and threads for services whose limit depends on the number of cores."""
    for service in manifest.services:
        if service.processes_per_core:
            limit = str(service.processes_per_core * docker.engine().cores)
            docker.act("update", "--pids-limit", limit, containers.container_of(service.name))
