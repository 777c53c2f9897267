"""Errors of pipeline files and local runs."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from datalake_sdk.errors.base import TerminalError, UsageError, counted, listed


class InvalidPipelineError(UsageError):
    """A pipeline file violates rules.

    Each line names the field, its value and what is valid; correct the file accordingly.

    Args:
        violations: A message for each violation.
        file: Path of the file; None if unknown.
    """

    def __init__(self, violations: Sequence[str], file: object = None) -> None:
        super().__init__("\n".join(violations) if file is None else f"{file} is invalid:\n" + "\n".join(violations))
        self.violations = list(violations)


class PipelineFileError(UsageError):
    """A pipeline file cannot be read."""

    def __init__(self, file: object, reason: str) -> None:
        super().__init__(
            f"pipeline file '{file}': {reason}",
            hint="It must be a YAML file with pipeline_name and tasks; see doc_resources/pipelines.md.",
        )


class DatasetsFileError(UsageError):
    """A file of datasets cannot be read."""

    def __init__(self, file: object, reason: str) -> None:
        super().__init__(
            f"datasets file '{file}': {reason}",
            hint="It must be a YAML file with datasets by name; see doc_resources/datasets.md.",
        )


class NoSuchDatasetError(UsageError):
    """A dataset does not exist, or another pipeline serves it.

    Args:
        name: Name of the dataset.
        valid: Names of the datasets to choose from.
        pipeline: Pipeline to which the choice is limited; None if it is not.
        owner: Pipeline that serves the dataset; None if the dataset does not exist.
    """

    def __init__(self, name: str, valid: Sequence[str], pipeline: str | None = None, owner: str | None = None) -> None:
        scope = f" of pipeline '{pipeline}'" if pipeline else ""
        served = f"; pipeline '{owner}' serves it" if owner else ""
        closest = get_close_matches(name, valid)
        suggestion = f" Did you mean {' or '.join(closest)}?" if closest else ""
        names = f"The datasets{scope} are {listed(valid, 20)}." if valid else f"No dataset{scope} is registered."
        super().__init__(f"no dataset '{name}'{scope}{served}", hint=f"{names}{suggestion}")


class DatasetRequiredError(UsageError):
    """A pipeline that runs for each dataset is started without one.

    Args:
        pipeline: Name of the pipeline.
        datasets: Names of its datasets, if they are known.
    """

    def __init__(self, pipeline: str, datasets: Sequence[str] = ()) -> None:
        names = f", one of {listed(datasets, 20)}" if datasets else ""
        super().__init__(
            f"pipeline '{pipeline}' runs for each dataset, but none is selected",
            hint=f"Run it with datalake_sdk run_pipeline --dataset NAME{names}.",
        )


class NoDatasetsError(UsageError):
    """A dataset is passed to a pipeline that does not run for each dataset."""

    def __init__(self, pipeline: str) -> None:
        super().__init__(
            f"pipeline '{pipeline}' does not run for each dataset",
            hint="Remove --dataset, or set run_for_each: datasets in the pipeline.",
        )


class ParameterPathError(UsageError):
    """The value of a task parameter cannot be computed from the input of a run.

    Args:
        task: Name of the task.
        parameter: Name of the parameter, with `.$`.
        path: Its value.
        reason: Why it is invalid.
        hint: Next step.
    """

    def __init__(self, task: str, parameter: str, path: str, reason: str, hint: str) -> None:
        super().__init__(f"tasks.{task}.additional_parameters['{parameter}'] is '{path}', which {reason}", hint=hint)


class ConditionError(TerminalError):
    """The condition of a task cannot be evaluated.

    Args:
        expression: The condition.
        reason: Why it is invalid.
    """

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(
            f"when is '{expression}', which cannot be evaluated: {reason}",
            hint="Test whether values exist and have the expected type, such as $exists($input.count).",
        )
        self.reason = reason


class LoopInputError(UsageError):
    """The items of a loop cannot be taken from the input of a run.

    Args:
        task: Name of the task.
        path: Value of `for_each.input`.
        reason: Why it is invalid.
        hint: Next step.
    """

    def __init__(self, task: str, path: str, reason: str, hint: str = "") -> None:
        super().__init__(f"tasks.{task}.for_each.input is '{path}', which {reason}", hint=hint)


class CatchingTaskError(UsageError):
    """A task that handles failures was selected to run by itself."""

    def __init__(self, task: str, caught: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}' only runs when {' or '.join(caught)} has failed",
            hint=f"Run {caught[0]} instead, or test the task with test_task.",
        )


class LocalRunError(UsageError):
    """A pipeline file is run without an embedded lake.

    Args:
        command: Name of the command.
    """

    def __init__(self, command: str = "run_pipeline") -> None:
        super().__init__(
            "a pipeline file runs on an embedded lake, but none is selected",
            hint=f"Run the file: datalake_sdk --local ./lake {command} pipeline.yaml …\n"
            "Run the pipeline that pipeline_factory has deployed: "
            f"datalake_sdk -p PROJECT -d DOMAIN -s STAGE {command} --pipeline-name NAME …",
        )


class RunInputError(UsageError):
    """The input or the id of a local run is invalid.

    Pass the value that the message requires.
    """

    def __init__(self, option: str, value: object, rule: str) -> None:
        super().__init__(f"{option} is '{value}'; it must be {rule}")


class RequirementsError(TerminalError):
    """The requirements of a task cannot be installed."""

    def __init__(self, task: str, file: object, log: object) -> None:
        super().__init__(
            f"the requirements of task '{task}' cannot be installed: {file}",
            hint=f"They are resolved together with those of the SDK, as in the image. See the end of {log}.",
        )


class FailedRunError(TerminalError):
    """Tasks of a run failed.

    Args:
        failed: Names of the tasks that failed, in order.
        not_run: Names of the tasks that did not run as a consequence.
        resume: Command that resumes the run.
    """

    def __init__(self, failed: Sequence[str], not_run: Sequence[str], resume: str) -> None:
        others = f"; not run: {listed(not_run, 20)}" if not_run else ""
        super().__init__(f"failed: {listed(failed, 20)}{others}", hint=f"Resume with: {resume}")


class TooManyDatesError(UsageError):
    """A backfill has too many dates.

    Args:
        count: Number of dates.
        unit: Interval between dates.
        limit: Maximum number of dates.
    """

    def __init__(self, count: int, unit: str, limit: int) -> None:
        super().__init__(
            f"--from-date and --to-date span {counted(count, unit)}; a backfill has at most {limit:,} dates",
            hint="Split it into several backfills.",
        )


class BackfillRunningError(TerminalError):
    """Another backfill of the same pipeline is running in the embedded lake."""

    def __init__(self, pipeline: str) -> None:
        super().__init__(
            f"another backfill of pipeline '{pipeline}' is running in this lake",
            hint="Wait until it has ended, or stop it with Ctrl-C.",
        )


class FailedBackfillError(TerminalError):
    """Runs of a backfill failed.

    Args:
        failed: Logical dates of the failed runs.
        count: Number of all dates.
    """

    def __init__(self, failed: Sequence[str], count: int) -> None:
        super().__init__(
            f"failed: {len(failed):,} of {counted(count, 'date')}: {listed(failed, 20)}",
            hint="Run the same command again, without --force: it resumes the failed runs and skips the others.",
        )


class UndeclaredReadError(UsageError):
    """A SQL task reads tables that are not among its input tables.

    Args:
        task: Name of the task.
        tables: Tables that it reads.
        declared: Its input tables.
    """

    def __init__(self, task: str, tables: Sequence[str], declared: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}' reads undeclared tables: {listed(tables)}; declared: {listed(declared, 20) or 'none'}",
            hint=f"Add them to tasks.{task}.input_tables, from which its permissions and the order follow.",
        )


class TaskContractError(UsageError):
    """The result of a SQL task cannot satisfy the contract of its output table.

    Args:
        task: Name of the task.
        table: The output table.
        problems: Contradictions between the query and the contract.
    """

    def __init__(self, task: str, table: str, problems: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}' cannot satisfy the contract of {table}: {'; '.join(problems)}",
            hint="Correct the query, for example with CAST, or the table file.",
        )


class UnknownResultTypesError(TerminalError):
    """The types of a query's result are not known before a run."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, hint="Declare the types of all columns in the table file of each input.")


class TaskTestError(UsageError):
    """A test of a task is invalid."""

    def __init__(self, file: object, reason: str) -> None:
        super().__init__(
            f"{file}: {reason}",
            hint="Its fields are given, files, input, parameters and expected; see doc_resources/author-a-task.md.",
        )


class NoTaskTestsError(UsageError):
    """A task has no tests."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"there are no tests in '{folder}'",
            hint="Add tests/*.yaml or tests/test_*.py to the folder of the task; see doc_resources/author-a-task.md.",
        )


class PytestMissingError(UsageError):
    """A task has tests for pytest, which is not installed."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"'{folder}' contains tests for pytest, which is not installed", hint="pip install pytest")


class FailedTaskTestsError(TerminalError):
    """Tests of a task failed.

    The differences of each test are printed above; correct the code of the task or the expected rows.

    Args:
        failed: Number of failed tests in YAML files.
        count: Number of all tests in YAML files.
        has_failed_pytest: Whether pytest failed.
    """

    def __init__(self, failed: int, count: int, has_failed_pytest: bool) -> None:
        reasons = [f"{failed} of {count} tests in YAML files"] if failed else []
        super().__init__(f"failed: {' and '.join([*reasons, *(['pytest'] if has_failed_pytest else [])])}")


class InputCopyError(TerminalError):
    """An input table cannot be copied to the embedded lake.

    The reason is the error of the copy; correct it, then run the command again.
    """

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(f"input table {table} cannot be copied: {reason}")
