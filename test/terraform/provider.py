"""The AWS provider as a single process for many terraform commands, each of which would start it several times."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

_PROGRAM = ".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*"
_REATTACH = "TF_REATTACH_PROVIDERS="
_LOW_OVERHEAD = {
    # Both programs use a lot of memory, and by default collect garbage whenever it has doubled.
    # https://go.dev/doc/gc-guide#GOGC
    "GOGC": "400",
    # The provider writes all log messages, which terraform then discards.
    # https://developer.hashicorp.com/terraform/plugin/log/managing
    "TF_LOG_PROVIDER_AWS": "off",
    "TF_LOG_SDK": "off",
}


@contextmanager
def running_provider(module: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Starts the provider of an initialized module.

    https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode

    Args:
        module: Folder of the module, the working directory of the provider.
        environment: Environment of the provider. Concurrent commands must configure the provider in the same way.

    Yields:
        Environment variables that make commands use this process.
    """
    program = next(module.glob(_PROGRAM))
    with subprocess.Popen(
        [program, "-debug"],
        cwd=module,
        env={**environment, **_LOW_OVERHEAD},
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
            yield {**_LOW_OVERHEAD, "TF_REATTACH_PROVIDERS": line.partition(_REATTACH)[2].strip().strip("'")}
        finally:
            process.terminate()
            reader.join()
