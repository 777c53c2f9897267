"""The AWS provider as one process for many commands of terraform, each of which else starts it several times."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

_PROGRAM = ".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*"
_PRINTED = "TF_REATTACH_PROVIDERS="
_FRUGAL = {
    # Both programs have much memory in use, and look through all of it whenever that has doubled.
    # https://go.dev/doc/gc-guide#GOGC
    "GOGC": "400",
    # The provider writes all of its log, and leaves it to terraform to throw that away.
    # https://developer.hashicorp.com/terraform/plugin/log/managing
    "TF_LOG_PROVIDER_AWS": "off",
    "TF_LOG_SDK": "off",
}


@contextmanager
def running_provider(module: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Starts the provider that a module was initialised with.

    https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode

    Args:
        module: Folder of the module; the provider opens files from there.
        environment: Variables for the provider; commands that use it at the same time must configure it alike.

    Yields:
        Variables that make commands use it, until the block ends.
    """
    program = next(module.glob(_PROGRAM))
    with subprocess.Popen(
        [program, "-debug"],
        cwd=module,
        env={**environment, **_FRUGAL},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        printed = iter(process.stdout or ())
        line = next(line for line in printed if _PRINTED in line)
        reader = Thread(target=list, args=(printed,))
        reader.start()
        try:
            yield {**_FRUGAL, "TF_REATTACH_PROVIDERS": line.partition(_PRINTED)[2].strip().strip("'")}
        finally:
            process.terminate()
            reader.join()
