from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import pytest

from datalake_sdk import parallel
from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.parallel import in_order, share, thread_count

GIB = 1 << 30


@pytest.fixture
def machine(monkeypatch):
    """Sets the CPUs and the memory of the machine for the test."""

    def set_machine(cpus: int, memory: int | None) -> None:
        monkeypatch.setattr(parallel, "available_cpus", lambda: cpus)
        monkeypatch.setattr(parallel, "available_memory", lambda: memory)
        parallel._default_threads.cache_clear()

    monkeypatch.delenv(parallel.THREADS_VARIABLE, raising=False)
    yield set_machine
    parallel._default_threads.cache_clear()


@pytest.mark.parametrize(
    ("cpus", "memory", "threads"),
    [
        (16, 32 * GIB, 16),
        (16, None, 16),
        (1, 8 * GIB, 2),
        (16, 2 * GIB, 8),
        (4, GIB // 2, 2),
        (4, GIB // 8, 1),
        (1000, 1000 * GIB, 256),
    ],
)
def test_threads_follow_cpus_and_memory(machine, cpus, memory, threads):
    machine(cpus, memory)
    assert thread_count() == threads


def test_the_setting_overrides_the_machine(machine, monkeypatch):
    machine(4, GIB)
    monkeypatch.setenv("DATALAKE_SDK_THREADS", " 16 ")
    assert thread_count() == 16


def test_an_empty_setting_means_unset(machine, monkeypatch):
    machine(4, 32 * GIB)
    monkeypatch.setenv("DATALAKE_SDK_THREADS", "")
    assert thread_count() == 4


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "257", "²", "1e1"])
def test_an_invalid_setting_is_an_error_with_the_valid_values(monkeypatch, value):
    monkeypatch.setenv("DATALAKE_SDK_THREADS", value)
    with pytest.raises(InvalidSettingError) as caught:
        thread_count()
    assert f"DATALAKE_SDK_THREADS is '{value}'; it must be a whole number from 1 to 256" in str(caught.value)


def test_a_share_of_a_budget_shrinks_with_the_threads_down_to_its_minimum(monkeypatch):
    shares = []
    for threads in ("2", "16", "200"):
        monkeypatch.setenv("DATALAKE_SDK_THREADS", threads)
        shares.append(share(160, at_least=5))
    assert shares == [80, 10, 5]


def test_results_are_in_the_order_of_the_tasks(monkeypatch):
    monkeypatch.setenv("DATALAKE_SDK_THREADS", "3")
    with ThreadPoolExecutor(3) as pool:
        assert list(in_order(pool, (lambda n=n: n for n in range(20)))) == list(range(20))


def test_at_most_one_task_per_thread_runs_ahead(monkeypatch):
    monkeypatch.setenv("DATALAKE_SDK_THREADS", "3")
    taken = []

    def tasks():
        for number in range(20):
            taken.append(number)
            yield lambda: None

    with ThreadPoolExecutor(3) as pool:
        results = in_order(pool, tasks())
        next(results)
        assert len(taken) == 4


def test_a_single_task_runs_in_the_thread_of_the_caller():
    with ThreadPoolExecutor(3) as pool:
        assert list(in_order(pool, [get_ident])) == [get_ident()]
        assert get_ident() not in list(in_order(pool, [get_ident, get_ident]))
