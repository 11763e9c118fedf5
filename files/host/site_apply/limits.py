"""Sets the limits of containers that depend on this machine's memory and cores. They are set on running containers."""

from __future__ import annotations

from . import docker
from .docker import Project
from .log import say
from .manifest import Manifest

_MIB = 1024 * 1024


def limit_memory(project: Project, manifest: Manifest) -> None:
    """
    Gives a service the memory that the other services do not need. A kernel that needs more is killed. Without this limit, the
    whole machine would swap until it no longer answers.
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
    """
    The limits for memory, and for memory plus swap, in MiB.

    machine: the machine's memory in MiB. beside: the memory that other services need, in MiB.
    """
    # On a larger machine, other programs need more memory.
    most = max(256, machine - max(beside, machine // 20))
    # A small machine gives only 64 MiB of swap. The disk of an e2-micro writes 2.4 MB a second, so a kernel fills them within 30
    # seconds and is then killed.
    return most, most + 64 if machine < 2000 else most * 2


def allow_processes(project: Project, manifest: Manifest) -> None:
    """Sets the limit of processes and threads for services whose limit depends on the number of cores."""
    each = [service for service in manifest.services if service.processes_per_core is not None]
    cores = docker.info("NCPU") if each else ""
    for service in each:
        if cores.isdigit() and service.processes_per_core:
            limit = str(service.processes_per_core * int(cores))
            docker.act("update", "--pids-limit", limit, project.container_of(service.name))
