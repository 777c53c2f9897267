"""Examples at the end of help texts."""

from __future__ import annotations

ON_AWS = "-p shop -d sales -s dev"
"""Options that select an environment on AWS."""


def example(arguments: str, options: str = "--local lake") -> str:
    """Formats the epilog of a command with one example; it is not wrapped.

    Args:
        arguments: The command with its arguments.
        options: Options of the program that select the lake; empty for commands that need none.
    """
    return _epilog("Example", f"{options} {arguments}")


def examples(local: str, on_aws: str) -> str:
    """Formats the epilog of a command that works differently on the embedded lake and on AWS.

    Args:
        local: The command with its arguments for an embedded lake.
        on_aws: The command with its arguments for AWS.
    """
    return _epilog("Examples", f"--local lake {local}", f"{ON_AWS} {on_aws}")


def _epilog(title: str, *arguments: str) -> str:
    lines = [f"  datalake_sdk {each.strip()}" for each in arguments]
    # https://click.palletsprojects.com/en/stable/documentation/#preventing-rewrapping
    return "\n".join(["\b", f"{title}:", *lines])
