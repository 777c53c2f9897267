"""`python -m test.datalfred_agent.figures`: time to the first token, import times and install size of Datalfred."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import boto3
from packaging.requirements import Requirement

from datalake_sdk.datalfred_agent.conversation import Conversation, Event, Text
from datalake_sdk.datalfred_agent.models import open_model
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.datalfred_agent.sessions import Sessions
from datalake_sdk.platforms.select import open_platform, resolve_environment
from test.bedrock_runtime import ENVIRONMENT, BedrockRuntime, Reply

_RUNS = 30
_IMPORT_RUNS = 5
_ANSWER = Reply(("First\nsecond\n",))
_MODULES = {
    "the command line": "datalake_sdk.cli.main",
    "chat": "datalake_sdk.datalfred_agent.chat",
    "MCP server": "datalake_sdk.datalfred_agent.mcp_server",
}


def main() -> None:
    """Prints the figures."""
    for line in (*_first_token(), *_imports(), *_size()):
        sys.stdout.write(f"{line}\n")


def _first_token() -> list[str]:
    with tempfile.TemporaryDirectory() as folder, BedrockRuntime(lambda _request: _ANSWER) as server:
        os.environ.update(server.environment)
        raw, ours = _boto3_client(), _conversation(Path(folder))
        pairs = [(raw(), ours()) for _ in range(_RUNS + 1)][1:]
    first, second = (statistics.median(side) * 1_000 for side in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for their, our in pairs)
    added = statistics.median(our - their for their, our in pairs) * 1_000
    return [
        f"first token with boto3: {first:.1f} ms; with Datalfred: {second:.1f} ms; ratio {ratio:.2f}, "
        f"{added:.1f} ms added (medians of {_RUNS} pairs on a loopback server)"
    ]


def _boto3_client() -> Callable[[], float]:
    client = boto3.client("bedrock-runtime", region_name=ENVIRONMENT["AWS_REGION"])

    def measure() -> float:
        started = time.perf_counter()
        messages = [{"role": "user", "content": [{"text": "?"}]}]
        stream = client.converse_stream(modelId="m", messages=messages)["stream"]
        seconds = next(time.perf_counter() - started for event in stream if "contentBlockDelta" in event)
        for _ in stream:
            pass
        return seconds

    return measure


def _conversation(folder: Path) -> Callable[[], float]:
    platform = open_platform(resolve_environment(None, None, None, local_root=folder / "lake"))
    model = open_model(platform, "bedrock", "small", "m")
    session = asyncio.run(Sessions(platform).open())
    conversation = Conversation(platform, model, QueryRunner(platform.environment), session)

    def measure() -> float:
        seconds: list[float] = []
        started = time.perf_counter()

        def show(event: Event) -> None:
            if isinstance(event, Text):
                seconds.append(time.perf_counter() - started)

        asyncio.run(conversation.ask("?", show))
        return seconds[0]

    return measure


def _imports() -> list[str]:
    baseline = _cpu_seconds("pass")
    return [
        f"import of {name}: {_cpu_seconds(f'import {module}') - baseline:.2f} CPU s (median of {_IMPORT_RUNS})"
        for name, module in _MODULES.items()
    ]


def _cpu_seconds(program: str) -> float:
    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return statistics.median(run() for _ in range(_IMPORT_RUNS))


def _size() -> list[str]:
    # The embedded lake is what most users install first.
    added = _closure({"local", "agent"}) - _closure({"local"})
    sizes = {name: _megabytes(name) for name in added}
    largest = ", ".join(f"{name} {sizes[name]:.0f}" for name in sorted(sizes, key=sizes.__getitem__, reverse=True)[:6])
    total = sum(sizes.values())
    return [f"extra agent after extra local: {total:.0f} MB in {len(added)} packages, without bytecode ({largest})"]


def _closure(extras: set[str]) -> set[str]:
    """Returns the installed packages that the SDK with these extras requires."""
    found: set[str] = set()
    pending = [("datalake-sdk", extras)]
    while pending:
        name, wanted = pending.pop()
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            applies = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in (*wanted, "")
            )
            if applies and requirement.name not in found and _is_installed(requirement.name):
                found.add(requirement.name)
                pending.append((requirement.name, requirement.extras))
    return found


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _megabytes(name: str) -> float:
    files = [Path(str(file.locate())) for file in distribution(name).files or () if file.suffix != ".pyc"]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
