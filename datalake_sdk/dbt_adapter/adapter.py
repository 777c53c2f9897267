"""The adapter: what dbt's macros call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import agate
from dbt.adapters.base import BaseAdapter, BaseRelation, available
from dbt.adapters.capability import Capability, CapabilityDict, CapabilitySupport, Support
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.contracts.relation import RelationType
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.exceptions import DbtRuntimeError
from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.table import Table

from datalake_sdk.dbt_adapter.column import DatalakeColumn
from datalake_sdk.dbt_adapter.columns import result_types, type_name
from datalake_sdk.dbt_adapter.connections import DatalakeConnections
from datalake_sdk.dbt_adapter.credentials import CATALOG
from datalake_sdk.dbt_adapter.model_writes import INCREMENTAL_STRATEGIES
from datalake_sdk.dbt_adapter.relation import DatalakeRelation
from datalake_sdk.dbt_adapter.writer import NodeWriter
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import ModelDatabaseError
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName

_TABLE_FIELDS = ("database", "schema", "name", "type", "comment", "owner")
_COLUMN_FIELDS = ("name", "index", "type", "comment")
_CATALOG_FIELDS = (*(f"table_{name}" for name in _TABLE_FIELDS), *(f"column_{name}" for name in _COLUMN_FIELDS))


class DatalakeAdapter(BaseAdapter):
    """Queries through the SDK's SQL; writes each node in one commit."""

    ConnectionManager = DatalakeConnections
    Relation = DatalakeRelation
    Column = DatalakeColumn
    _capabilities = CapabilityDict({Capability.SchemaMetadataByRelations: CapabilitySupport(support=Support.Full)})

    def __init__(self, config: Any, mp_context: Any) -> None:
        super().__init__(config, mp_context)
        DatalakeRelation.prefix = self._platform().environment.database_prefix

    def _platform(self) -> Platform:
        return self.config.credentials.platform()  # type: ignore[no-any-return]

    # Writes

    @available.parse(lambda *_, **__: "")
    def write(
        self, relation: DatalakeRelation, sql: str, strategy: str, node: Mapping[str, Any], keys: object = None
    ) -> IngestionResult:
        """Writes the rows of a query, or of the file of a seed, in one commit.

        Args:
            relation: Table to write.
            sql: Query of the node; ignored for a seed.
            strategy: An incremental strategy, or `table` to replace the rows of the table.
            node: Node that owns the table.
            keys: Key columns of a merge; None is `unique_key` of the node.
        """
        with self.connections.exception_handler(sql):
            result = NodeWriter(self.connections.platform()).write(relation.table_name, sql, strategy, node, keys)
        self.connections.written[str(relation.table_name)] = result
        return result

    def valid_incremental_strategies(self) -> list[str]:
        return list(INCREMENTAL_STRATEGIES)

    def drop_relation(self, relation: DatalakeRelation) -> None:
        with self.connections.exception_handler(""):
            delete_table(self._platform(), relation.table_name)

    def truncate_relation(self, relation: BaseRelation) -> None:
        raise _unsupported("truncate_relation")

    def rename_relation(self, from_relation: BaseRelation, to_relation: BaseRelation) -> None:
        raise _unsupported("rename_relation")

    def expand_column_types(self, goal: BaseRelation, current: BaseRelation) -> None:
        raise _unsupported("expand_column_types")

    # The catalog

    # dbt lists all databases and all tables of the project, but the role of a task has permissions on its own tables
    # only: look up single ones instead.
    # https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html

    def set_relations_cache(self, *_: Any, **__: Any) -> None:
        """There is no cache of all tables."""

    @available.parse_none
    def get_relation(self, database: str, schema: str, identifier: str) -> BaseRelation | None:
        relation = self.Relation.create(CATALOG, schema, identifier, type=RelationType.Table)
        return relation if self._load(relation.table_name) else None

    def list_schemas(self, database: str) -> list[str]:
        """Lists none, so that dbt calls `create_schema` for each schema."""
        return []

    def check_schema_exists(self, database: str, schema: str) -> bool:
        platform = self._platform()
        with self.connections.exception_handler(""), platform.service_errors():
            return platform.catalog.namespace_exists(DatalakeRelation.prefix + schema)

    def create_schema(self, relation: BaseRelation) -> None:
        """The first write creates a database of an embedded lake; on AWS, Terraform creates them."""
        if self._platform().capabilities.remote and not self.check_schema_exists(CATALOG, relation.schema):
            raise DbtRuntimeError(str(ModelDatabaseError(relation.schema, self._schemas())))

    def _schemas(self) -> list[str]:
        platform = self._platform()
        with self.connections.exception_handler(""), platform.service_errors():
            names = (".".join(namespace) for namespace in platform.catalog.list_namespaces())
            return sorted(name.removeprefix(DatalakeRelation.prefix) for name in names)

    def drop_schema(self, relation: BaseRelation) -> None:
        """Deletes the tables of a database."""
        for table in self.list_relations_without_caching(relation):
            self.drop_relation(table)

    def list_relations_without_caching(self, schema_relation: BaseRelation) -> list[BaseRelation]:
        platform, schema = self._platform(), schema_relation.schema
        try:
            with self.connections.exception_handler(""), platform.service_errors():
                tables = platform.catalog.list_tables(DatalakeRelation.prefix + schema)
        except NoSuchNamespaceError:
            return []
        return [self.Relation.create(CATALOG, schema, name, type=RelationType.Table) for *_, name in tables]

    @available.parse_list
    def get_columns_in_relation(self, relation: DatalakeRelation) -> list[DatalakeColumn]:
        table = self._load(relation.table_name)
        fields = table.schema().fields if table else ()
        return [DatalakeColumn(column.name, type_name(column.field_type)) for column in fields]

    @available.parse_list
    def get_column_schema_from_query(self, sql: str) -> list[DatalakeColumn]:
        types = result_types(self.connections.read(sql).schema)
        return [DatalakeColumn(name, kind) for name, kind in types.items()]

    def validate_sql(self, sql: str) -> AdapterResponse:
        response, _ = self.execute(f"SELECT * FROM ({sql}) WHERE false")
        return response

    def _load(self, name: TableName) -> Table | None:
        platform = self._platform()
        with self.connections.exception_handler(""), platform.service_errors():
            return load_if_exists(platform.catalog, name.identifier(platform.environment))

    def _get_one_catalog(self, information_schema: Any, schemas: Iterable[str], used_schemas: Any) -> agate.Table:
        found = (self.Relation.create(CATALOG, schema) for schema in sorted(schemas))
        relations = [table for schema in found for table in self.list_relations_without_caching(schema)]
        return self._get_one_catalog_by_relations(information_schema, relations, used_schemas)

    def _get_one_catalog_by_relations(
        self, information_schema: Any, relations: Sequence[DatalakeRelation], used_schemas: Any
    ) -> agate.Table:
        loaded = [(relation, self._load(relation.table_name)) for relation in relations]
        rows = [row for relation, table in loaded if table is not None for row in _catalog_rows(relation, table)]
        return table_from_data_flat([dict(zip(_CATALOG_FIELDS, row, strict=True)) for row in rows], _CATALOG_FIELDS)

    # The dialect

    @classmethod
    def quote(cls, identifier: str) -> str:
        return f'"{identifier}"'

    @classmethod
    def date_function(cls) -> str:
        return "current_timestamp"

    @classmethod
    def is_cancelable(cls) -> bool:
        return False

    @classmethod
    def convert_text_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "varchar"

    @classmethod
    def convert_number_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        decimals = agate_table.aggregate(agate.MaxPrecision(col_idx))
        return "double" if decimals else "bigint"

    @classmethod
    def convert_integer_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "bigint"

    @classmethod
    def convert_boolean_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "boolean"

    @classmethod
    def convert_datetime_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "timestamp"

    @classmethod
    def convert_date_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "date"

    @classmethod
    def convert_time_type(cls, agate_table: agate.Table, col_idx: int) -> str:
        return "time"


def _catalog_rows(relation: DatalakeRelation, table: Table) -> Iterable[tuple[Any, ...]]:
    fields = (relation.database, relation.schema, relation.identifier, "table", table.properties.get("comment"), None)
    for index, column in enumerate(table.schema().fields):
        yield (*fields, column.name, index, type_name(column.field_type), column.doc)


def _unsupported(method: str) -> DbtRuntimeError:
    return DbtRuntimeError(f"adapter.{method} is not supported: each write replaces or changes a table in one commit")
