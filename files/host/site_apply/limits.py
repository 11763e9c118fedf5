"""Limits that only this machine can set: it knows its memory and its cores. Docker changes them as a container runs."""

from __future__ import annotations

from . import docker
from .docker import Project
from .log import say
from .manifest import Manifest

_MIB = 1024 * 1024


def limit_memory(project: Project, manifest: Manifest) -> None:
    """
    A service that takes what memory there is gets what the rest does not need. The one that needs more than that then ends by
    itself (a kernel), and not with the whole machine swapping until nobody gets in.
    """
    machine = docker.info("MemTotal")
    if not machine.isdigit():
        return
    for service in manifest.services:
        if service.memory_beside_mib is None:
            continue
        most, swap = memory_for(int(machine) // _MIB, service.memory_beside_mib)
        limits = ("--memory", f"{most}m", "--memory-swap", f"{swap}m")
        result = docker.act("update", *limits, project.container_of(service.name))
        if not result.ok:
            say(f"The memory of {service.name} could not be limited to {most} MiB. Docker says: {result.last_line}")


def memory_for(machine: int, beside: int) -> tuple[int, int]:
    """MiB of memory, and of memory and swap, on a machine with so many MiB."""
    # A larger machine does more besides.
    most = max(256, machine - max(beside, machine // 20))
    # Where memory is short, so is swap: the disk of an e2-micro takes 2.4 MB a second, and whoever fills the swap ends in 30 s.
    return most, most + 64 if machine < 2000 else most * 2


def allow_processes(project: Project, manifest: Manifest) -> None:
    """Processes and threads of a service that may have more of them than its definition says, by the machine's cores."""
    each = [service for service in manifest.services if service.processes_per_core is not None]
    cores = docker.info("NCPU") if each else ""
    for service in each:
        if cores.isdigit() and service.processes_per_core:
            limit = str(service.processes_per_core * int(cores))
            docker.act("update", "--pids-limit", limit, project.container_of(service.name))
