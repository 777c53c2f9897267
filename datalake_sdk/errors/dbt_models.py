"""Errors of dbt projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class UnsupportedModelSettingError(UsageError):
    """A setting of a dbt model has no equivalent in the write contract."""

    def __init__(self, table: object, setting: str, value: object, hint: str) -> None:
        super().__init__(f"{table}: {setting} is '{value}', which is not supported", hint=hint)


class MissingModelSettingError(UsageError):
    """A strategy requires a setting that the dbt model does not have."""

    def __init__(self, table: object, strategy: str, setting: str, example: str) -> None:
        super().__init__(
            f"{table}: incremental_strategy '{strategy}' requires {setting}",
            hint=f"Add it to the config of the model, for example {example}.",
        )


class ModelColumnsError(TerminalError):
    """The columns of a model differ from those of its table, and `on_schema_change` does not allow it."""

    def __init__(self, table: object, on_change: str, added: Sequence[str], missing: Sequence[str]) -> None:
        differences = {"new": added, "missing": missing}
        found = "; ".join(f"{kind}: {listed(names)}" for kind, names in differences.items() if names)
        super().__init__(
            f"{table}: columns of the query differ from those of the table ({found}), and on_schema_change is "
            f"'{on_change}'",
            hint="Columns are never removed. Change the query, or set on_schema_change to 'append_new_columns'.",
        )


class ProfileFieldsError(UsageError):
    """A dbt profile has unknown fields."""

    def __init__(self, unknown: Sequence[str], valid: Sequence[str]) -> None:
        super().__init__(
            f"the profile has unknown fields: {listed(unknown)}; valid fields: {', '.join(valid)}",
            hint="Correct the output of type `datalake` in profiles.yml.",
        )


class ProfileSettingsError(UsageError):
    """A dbt profile does not identify a lake."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(
            f"the profile has no {', no '.join(missing)}",
            hint="Set schema to a database of the lake. Set local_root to the folder of an embedded lake; on AWS, set "
            "project_name, domain_name and stage_name, or the variables PROJECT_NAME, DOMAIN_NAME and STAGE_NAME.",
        )


class ModelDatabaseError(UsageError):
    """A model or source is in a database that does not exist, and that dbt cannot create."""

    def __init__(self, database: str, existing: Sequence[str]) -> None:
        super().__init__(
            f"schema '{database}' does not exist in the lake; existing: {listed(existing) or 'none'}",
            hint="A schema is a database of a domain or pipeline, without the prefix of the stage. Set `schema` of the "
            "profile or `+schema` of the models, or deploy the database with Terraform.",
        )


class ForeignCatalogError(UsageError):
    """A source or model names a database, in dbt's sense, other than that of the profile."""

    def __init__(self, database: str, relation: str) -> None:
        super().__init__(
            f"{relation}: database is '{database}', but a lake has a single catalog",
            hint="Remove `database`; name the database of the lake in `schema`.",
        )


class MissingDbtError(UsageError):
    """dbt is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"a task of the type dbt requires dbt, whose module '{module}' is not installed",
            hint="Add `dbt-core>=1.11.3,<1.12` to requirements.txt of the task.",
        )


class DbtProjectError(TerminalError):
    """A dbt project is invalid."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the dbt project is invalid: {reason}", hint="Run `dbt parse` in the folder of the project.")


class DbtTaskParameterError(UsageError):
    """A parameter of a task of the type dbt is unknown or invalid."""

    def __init__(self, name: str, value: str, rule: str) -> None:
        super().__init__(
            f"parameter {name} is '{value}'; parameters that start with dbt_ are options of `dbt build`: {rule}",
            hint="Give variables of the project another name.",
        )


class EmptyDbtSelectionError(UsageError):
    """The parameter `dbt_select` of a task matches no node of its project."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"parameter dbt_select is '{value}', which matches no node of the project",
            hint="Correct it. If the pipeline sets it, because the task has expand = models, run `dbt parse` in the "
            "folder of the project and deploy the pipeline again. Nothing was written.",
        )


class UndeclaredModelTableError(UsageError):
    """Models write tables that the task does not declare."""

    def __init__(self, tables: Mapping[str, str], declared: Collection[str]) -> None:
        pairs = [f"{model} writes {table}" for model, table in tables.items()]
        super().__init__(
            f"models write undeclared tables: {listed(pairs)}; output_tables: {listed(declared) or 'none'}",
            hint="Add the tables, or a pattern such as `sales.*`, to output_tables of the task, or change `schema` or "
            "`alias` of the models. Nothing was written.",
        )


class UndeclaredModelInputError(UsageError):
    """Models read tables that the task does not declare."""

    def __init__(self, tables: Mapping[str, str], declared: Collection[str]) -> None:
        pairs = [f"{model} reads {table}" for model, table in tables.items()]
        super().__init__(
            f"models read undeclared tables: {listed(pairs)}; input_tables: {listed(declared) or 'none'}",
            hint="Add the tables to input_tables of the task. Nothing was written.",
        )


class DbtBuildError(TerminalError):
    """Nodes of a dbt project failed."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        super().__init__(_failed_nodes(failures), hint=_RETRY_HINT)


class TransientDbtBuildError(TransientError):
    """Nodes of a dbt project failed for reasons that may disappear."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        super().__init__(_failed_nodes(failures), hint=_RETRY_HINT)


_RETRY_HINT = "Nodes that depend on them were skipped. A retry of the execution writes only what is missing."


def _failed_nodes(failures: Mapping[str, str]) -> str:
    return "dbt nodes failed: " + "; ".join(f"{node}: {message.strip()}" for node, message in failures.items())
