"""The AWS provider as a single process for many terraform commands, each of which would start it several times."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

_PROGRAM = ".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*"
_REATTACH = "TF_REATTACH_PROVIDERS="
LOW_OVERHEAD = {
    # By default, garbage is collected whenever the memory of a program has doubled. Five times needs 0.7 GB a provider;
    # more would save only 3 % of the processor's time.
    # https://go.dev/doc/gc-guide#GOGC
    "GOGC": "400",
    # Several commands share the processors, and the threads of one that search for work take 6 % of its time.
    # https://pkg.go.dev/runtime#hdr-Environment_Variables
    "GOMAXPROCS": "1",
    # The provider writes all log messages, which terraform then discards.
    # https://developer.hashicorp.com/terraform/plugin/log/managing
    "TF_LOG_PROVIDER_AWS": "off",
    "TF_LOG_SDK": "off",
}
"""Environment variables of terraform and of the provider."""


def installed_provider(module: Path) -> Path:
    """Returns the provider program of an initialized module."""
    return next(module.glob(_PROGRAM))


@contextmanager
def running_provider(program: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Starts a provider.

    https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode

    Args:
        program: The program of the provider, see `installed_provider`.
        folder: Working directory of the provider.
        environment: Environment of the provider. Concurrent commands must configure the provider in the same way.

    Yields:
        Environment variables that make commands use this process. With them, `init` does not install the provider,
        which would take a second to calculate the checksum of the program.
    """
    with subprocess.Popen(
        [program, "-debug"],
        cwd=folder,
        env={**environment, **LOW_OVERHEAD},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        printed = iter(process.stdout or ())
        line = next(line for line in printed if _REATTACH in line)
        reader = Thread(target=list, args=(printed,))
        reader.start()
        try:
            yield {"TF_REATTACH_PROVIDERS": line.partition(_REATTACH)[2].strip().strip("'")}
        finally:
            process.terminate()
            reader.join()
