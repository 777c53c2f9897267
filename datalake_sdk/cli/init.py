"""`datalake_sdk init`: creates, extends and updates the repository of a user."""

from __future__ import annotations

from pathlib import Path

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.options import is_terminal

_TASK_TYPES = ("python", "sql", "dbt")


@click.command("init", epilog=example("init shop --defaults --data region=eu-west-3", options=""))
@click.argument("words", metavar="[task|pipeline] NAME", nargs=-1)
@click.option("--update", is_flag=True, help="Merge the template of the installed SDK into this repository.")
@click.option("--defaults", is_flag=True, help="Do not ask; use the defaults for questions without --data.")
@click.option(
    "--data",
    "answers",
    metavar="NAME=VALUE",
    multiple=True,
    help="Answer to a question: project_name, domain_name, region, git_repository, modules, state_bucket or ci "
    "(github, gitlab, both). May be repeated.",
)
@click.option("--pipeline", metavar="NAME", help="Pipeline of the new task.  [default: the only pipeline]")
@click.option("--type", "task_type", type=click.Choice(_TASK_TYPES), help="Type of the new task.  [default: python]")
def init(
    words: tuple[str, ...],
    update: bool,
    defaults: bool,
    answers: tuple[str, ...],
    pipeline: str | None,
    task_type: str | None,
) -> None:
    """Creates a repository with a domain, a pipeline, tests and CI in the new folder NAME.

    In such a repository, `init task NAME` adds a task and `init pipeline NAME` a pipeline. `init --update` merges the
    template of a newer SDK into its files; edits are kept, and conflicts are marked. Requires the extra `init`.
    """
    given = _parsed(answers)
    kind, name = _kind_and_name(words, update)
    _check_options(kind, pipeline or task_type, answers or defaults)
    if kind == "update":
        _update(given)
    elif kind == "repository":
        _create(Path(name), given, defaults)
    else:
        _add(kind, name, pipeline, task_type or "python")


def _kind_and_name(words: tuple[str, ...], update: bool) -> tuple[str, str]:
    if update and not words:
        return "update", ""
    if not update and len(words) == 1 and words[0] not in ("task", "pipeline"):
        return "repository", words[0]
    if not update and len(words) == 2 and words[0] in ("task", "pipeline"):
        return words[0], words[1]
    raise click.UsageError("Pass one of: NAME, task NAME, pipeline NAME, --update.")


def _check_options(kind: str, of_tasks: str | None, of_repositories: object) -> None:
    if of_tasks and kind != "task":
        raise click.UsageError("--pipeline and --type are options of `init task NAME`.")
    if of_repositories and kind in ("task", "pipeline"):
        raise click.UsageError("--data and --defaults are options of `init NAME` and `init --update`.")


def _parsed(answers: tuple[str, ...]) -> dict[str, str]:
    for answer in answers:
        if "=" not in answer:
            raise click.UsageError(f"--data is '{answer}'; it must be NAME=VALUE, such as domain_name=sales.")
    return dict(answer.split("=", 1) for answer in answers)


def _create(folder: Path, answers: dict[str, str], defaults: bool) -> None:
    from datalake_sdk.scaffold import create_repository

    if not defaults and not is_terminal():
        raise click.UsageError("Cannot ask questions without a terminal. Pass --defaults, and answers with --data.")
    files = create_repository(folder, answers, ask=not defaults)
    click.echo(f"created {folder} with {len(files)} files; README.md describes them")
    click.echo(f"next: cd {folder} && make install test", err=True)


def _add(kind: str, name: str, pipeline: str | None, task_type: str) -> None:
    from datalake_sdk.scaffold import add_pipeline, add_task

    here = Path.cwd()
    for path in add_pipeline(here, name) if kind == "pipeline" else add_task(here, name, pipeline, task_type):
        click.echo(path)


def _update(answers: dict[str, str]) -> None:
    from datalake_sdk.errors import UpdateConflictsError
    from datalake_sdk.scaffold.update import update_repository

    update = update_repository(Path.cwd(), answers)
    click.echo(f"{update.old_version} -> {update.new_version}")
    for path in update.written:
        click.echo(f"{'conflict' if path in update.conflicts else 'updated'}  {path}")
    for path in update.removed:
        click.echo(f"removed  {path}")
    if update.conflicts:
        raise UpdateConflictsError(update.conflicts)
