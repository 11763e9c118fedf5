"""Limits that depend on this machine's memory and cores. They are set on running containers."""

from __future__ import annotations

from . import docker
from .docker import Project
from .log import say
from .manifest import Manifest

_MIB = 1024 * 1024


def limit_memory(project: Project, manifest: Manifest) -> None:
    """
    Gives a service the memory that the others do not need. A kernel that needs more is killed, instead of making the whole machine
    swap until it no longer answers.
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
    """Limits for memory, and for memory plus swap, on a machine with `machine` MiB. `beside`: MiB that other services need."""
    # A larger machine runs more other programs.
    most = max(256, machine - max(beside, machine // 20))
    # Little swap on a small machine: the disk of an e2-micro takes 2.4 MB a second, and a kernel that fills the swap ends in 30 s.
    return most, most + 64 if machine < 2000 else most * 2


def allow_processes(project: Project, manifest: Manifest) -> None:
    """Sets the limit of processes and threads for services that get more of them per core."""
    each = [service for service in manifest.services if service.processes_per_core is not None]
    cores = docker.info("NCPU") if each else ""
    for service in each:
        if cores.isdigit() and service.processes_per_core:
            limit = str(service.processes_per_core * int(cores))
            docker.act("update", "--pids-limit", limit, project.container_of(service.name))
