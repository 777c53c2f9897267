"""CPUs and memory available to this process: CPU affinity, cgroup limits and the machine's free memory.

Most interfaces report the CPUs and memory of the whole host, even in a container; its limits are in cgroup files.
cgroup v2: https://docs.kernel.org/admin-guide/cgroup-v2.html
cgroup v1: https://docs.kernel.org/admin-guide/cgroup-v1/index.html
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

_UNIFIED = ""
"""Controller list of the cgroup v2 hierarchy in /proc/self/cgroup."""


def available_cpus(root: Path = Path("/")) -> int:
    """Number of CPUs that this process may use at once, at least 1.

    Args:
        root: Folder that contains `proc` and `sys`.
    """
    quotas = [_cpu_quota(group) for group in _groups(root, "cpu")]
    return max(1, min([_affinity(), *(ceil(quota) for quota in quotas if quota is not None)]))


def available_memory(root: Path = Path("/")) -> int | None:
    """Bytes of memory that this process may use, or None if the system does not report any limit.

    Args:
        root: Folder that contains `proc` and `sys`.
    """
    limits = [_memory_limit(group) for group in _groups(root, "memory")]
    known = [limit for limit in (*limits, _free_memory(root)) if limit is not None]
    return min(known, default=None)


def limit_memory(size: int) -> None:
    """Limits the memory that this process may use in addition to what it uses now. Has an effect on Linux only.

    Args:
        size: Bytes.
    """
    limit = _data_size() + size
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def memory_limit() -> int | None:
    """Bytes of memory that this process may still use under `limit_memory`; None without a limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if limit == resource.RLIM_INFINITY else max(limit - _data_size(), 0)


def _data_size() -> int:
    """Size of the private writable mappings, which RLIMIT_DATA limits.

    https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
    """
    fields = _first(Path("/proc/self/statm"), "").split()
    return int(fields[5]) * resource.getpagesize() if fields else 0


def _affinity() -> int:
    # os.process_cpu_count covers both cases, but requires Python 3.13.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class _Group:
    """A cgroup's folder, and whether it belongs to cgroup v2."""

    folder: Path
    is_unified: bool


def _groups(root: Path, controller: str) -> Iterator[_Group]:
    """The cgroups of this process and their ancestors, whose limits all apply.

    In a container that shares the host's cgroup namespace, the path is that on the host. The files are then in the root
    of the container's mount, which is always among the ancestors.
    """
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == _UNIFIED or controller in controllers.split(","):
            is_unified = controllers == _UNIFIED
            mount = root / "sys/fs/cgroup" / ("" if is_unified else controller)
            folder = mount / path.strip("/")
            yield from (_Group(each, is_unified) for each in (folder, *folder.parents) if each.is_relative_to(mount))


def _cpu_quota(group: _Group) -> float | None:
    """The CPU quota divided by its period, or None if there is no quota."""
    if group.is_unified:
        quota, _, period = next(_lines(group.folder / "cpu.max"), "max").partition(" ")
    else:
        quota, period = (_first(group.folder / f"cpu.cfs_{name}_us", "-1") for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _memory_limit(group: _Group) -> int | None:
    # Without a limit, cgroup v1 reports a number larger than any machine's memory.
    limit = _first(group.folder / ("memory.max" if group.is_unified else "memory.limit_in_bytes"), "max")
    return int(limit) if limit.isdigit() else None


def _free_memory(root: Path) -> int | None:
    """MemAvailable, in kB: https://docs.kernel.org/filesystems/proc.html#meminfo."""
    for line in _lines(root / "proc/meminfo"):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return None


def _first(path: Path, default: str) -> str:
    return next(_lines(path), default)


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text().splitlines()
    except OSError:
        return
