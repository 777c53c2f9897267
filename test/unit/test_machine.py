from __future__ import annotations

import os

import pytest

from datalake_sdk.machine import available_cpus, available_memory

GIB = 1 << 30
UNLIMITED_V1 = 9223372036854771712
"""PAGE_COUNTER_MAX in bytes, which cgroup v1 reports if there is no limit."""


@pytest.fixture(autouse=True)
def sixteen_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


@pytest.fixture
def system(tmp_path):
    """Creates `/proc` and `/sys` files below a folder and returns the folder."""

    def create(files: dict[str, str]):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return create


def v2(group: str = "/", **files: str) -> dict[str, str]:
    folder = f"sys/fs/cgroup{group.rstrip('/')}"
    return {"proc/self/cgroup": f"0::{group}\n"} | {
        f"{folder}/{name.replace('_', '.')}": text for name, text in files.items()
    }


def v1(path: str, quota: int, period: int, memory: int, folder: str = "") -> dict[str, str]:
    """Files as on a host with cgroup v1: the CPU controllers share a hierarchy."""
    hierarchies = f"12:cpu,cpuacct:{path}\n9:memory:{path}\n1:name=systemd:{path}\n"
    return {
        "proc/self/cgroup": hierarchies,
        f"sys/fs/cgroup/cpu{folder}/cpu.cfs_quota_us": f"{quota}\n",
        f"sys/fs/cgroup/cpu{folder}/cpu.cfs_period_us": f"{period}\n",
        f"sys/fs/cgroup/memory{folder}/memory.limit_in_bytes": f"{memory}\n",
    }


def meminfo(kilobytes: int) -> dict[str, str]:
    return {"proc/meminfo": f"MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable: {kilobytes} kB\n"}


@pytest.mark.parametrize(
    ("cpu_max", "cpus"),
    [("max 100000", 16), ("400000 100000", 4), ("150000 100000", 2), ("25000 100000", 1), ("9900000 100000", 16)],
)
def test_a_quota_of_cgroup_v2_limits_the_cpus(system, cpu_max, cpus):
    assert available_cpus(system(v2(cpu_max=f"{cpu_max}\n"))) == cpus


@pytest.mark.parametrize(("quota", "cpus"), [(-1, 16), (200000, 2), (250000, 3), (10000, 1)])
def test_a_quota_of_cgroup_v1_limits_the_cpus(system, quota, cpus):
    files = v1("/docker/abc", quota, 100000, UNLIMITED_V1, folder="/docker/abc")
    assert available_cpus(system(files)) == cpus


def test_cpus_outside_the_affinity_are_not_counted(system, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 7}, raising=False)
    assert available_cpus(system(v2(cpu_max="800000 100000\n"))) == 2


def test_the_quota_of_an_ancestor_applies(system):
    files = v2("/system.slice/task.service", cpu_max="max 100000\n")
    files["sys/fs/cgroup/system.slice/cpu.max"] = "300000 100000\n"
    assert available_cpus(system(files)) == 3


def test_a_container_with_the_cgroup_paths_of_its_host_reads_its_own_mount(system):
    path = "/ecs/3ad4/7f1e"
    files = v1(path, 400000, 100000, 8 * GIB)
    assert available_cpus(system(files)) == 4
    assert available_memory(system(files)) == 8 * GIB


def test_a_system_without_cgroups_has_the_cpus_of_the_affinity(system):
    assert available_cpus(system({})) == 16


def test_a_platform_without_affinity_has_all_cpus(system, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert available_cpus(system({})) == 10


@pytest.mark.parametrize("content", ["", "\n", "max\n", "abc def\n", "100000 0\n"])
def test_an_unreadable_quota_is_no_limit(system, content):
    assert available_cpus(system(v2(cpu_max=content))) == 16


def test_a_limit_of_cgroup_v2_limits_the_memory(system):
    assert available_memory(system(v2(memory_max=f"{2 * GIB}\n"))) == 2 * GIB


def test_the_smallest_of_all_limits_and_the_free_memory_applies(system):
    files = v2("/a/b", memory_max=f"{8 * GIB}\n") | meminfo(16 << 20)
    assert available_memory(system(files)) == 8 * GIB
    assert available_memory(system({"sys/fs/cgroup/a/memory.max": f"{4 * GIB}\n"})) == 4 * GIB
    assert available_memory(system(meminfo(1 << 20))) == GIB


def test_memory_without_a_limit_in_cgroup_v1_is_the_free_memory(system):
    files = v1("/", -1, 100000, UNLIMITED_V1) | meminfo(3 << 20)
    assert available_memory(system(files)) == 3 * GIB


def test_memory_is_unknown_where_the_system_does_not_report_it(system):
    assert available_memory(system(v2(memory_max="max\n"))) is None
