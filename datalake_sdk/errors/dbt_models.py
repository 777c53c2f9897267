"""Errors of dbt projects."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


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
    """The columns of a model differ from those of its table, and `on_schema_change` is `fail`."""

    def __init__(self, table: object, added: Sequence[str], missing: Sequence[str]) -> None:
        differences = {"new": added, "missing": missing}
        found = "; ".join(f"{kind}: {listed(names)}" for kind, names in differences.items() if names)
        super().__init__(
            f"{table}: columns of the query differ from those of the table ({found}), and on_schema_change is 'fail'",
            hint="Change the query, set on_schema_change to 'append_new_columns', or run with --full-refresh.",
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
