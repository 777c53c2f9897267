"""Random sequences of writes have the same effect on a table and on the model of the write contract."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.errors import TerminalError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.maintain_table import maintain_table, native_writer
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import (
    DuplicateKeys,
    EmptyBatch,
    Environment,
    IngestionMode,
    IngestionRequest,
    TableName,
    new_ingestion_id,
)
from datalake_sdk.table_contract import TableConfiguration
from test.property.contracts import contracts
from test.property.write_model import NUMBERS, ModelTable, Rejected

TABLE = TableName("model", "rows")
ARROW = {
    "long": pa.int64(),
    "double": pa.float64(),
    "decimal": pa.decimal128(9, 2),
    "string": pa.string(),
    "boolean": pa.bool_(),
}
TYPES = {
    "id": st.sampled_from(["long", "long", "double", "decimal"]),
    "part": st.just("long"),
    "name": st.just("string"),
    "price": st.sampled_from(["double", "double", "long", "decimal"]),
    "gone": st.just("boolean"),
}
VALUES = {
    "id": st.none() | st.integers(0, 8),
    "part": st.none() | st.integers(0, 3),
    "name": st.none() | st.sampled_from(["", "a", "ä", "NA"]),
    "price": st.none()
    | st.sampled_from([Decimal("0"), Decimal("1.5"), Decimal("-2.25"), Decimal("3"), Decimal("0.125")]),
    "gone": st.none() | st.booleans(),
}


@st.composite
def batches(draw):
    """Column types, and rows whose values are exact in every type of the batch."""
    columns = draw(st.lists(st.sampled_from(list(TYPES)), unique=True, min_size=1).map(sorted))
    types = {column: draw(TYPES[column]) for column in columns}
    row = st.fixed_dictionaries({column: VALUES[column].map(partial(fitting, types[column])) for column in columns})
    return types, draw(st.lists(row, max_size=6))


@st.composite
def changes(draw):
    """An upsert by id with duplicates and deletions."""
    columns = ["id", "price", "gone", *draw(st.sampled_from([[], ["name"], ["name", "part"]]))]
    types = {column: draw(TYPES[column]) for column in columns}
    fields = {column: VALUES[column].map(partial(fitting, types[column])) for column in columns}
    fields["id"] = st.integers(0, 4).map(partial(fitting, types["id"]))
    rows = draw(st.lists(st.fixed_dictionaries(fields), min_size=1, max_size=8))
    options = {"delete_when": draw(st.sampled_from(["gone", None]))}
    if draw(st.booleans()):
        options |= {"on_duplicate": DuplicateKeys.LAST, "order_by": "price"}
    else:
        rows = list({row["id"]: row for row in rows}.values())
    return "upsert", options, ("id",), types, rows


@st.composite
def writes(draw):
    """A mode with options, upsert keys, column types and rows."""
    mode, options = draw(st.sampled_from([mode.value for mode in IngestionMode])), {}
    keys = draw(st.sampled_from([("id",), ("id", "part"), ("name",), ()]))
    types, rows = draw(batches())
    if mode == "overwrite":
        options["empty"] = draw(st.sampled_from(list(EmptyBatch)))
    if mode == "overwrite_partitions":
        parts = st.fixed_dictionaries({"part": st.lists(VALUES["part"], min_size=1)})
        options["partitions"] = draw(st.none() | parts)
    return mode, options, keys, types, rows


def fitting(kind, value):
    """The nearest value that a type can represent."""
    if value is None or kind not in NUMBERS:
        return value
    return NUMBERS[kind](value)


class WriteContract(RuleBasedStateMachine):
    """One table and its model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="lake")
        self.platform = open_platform(Environment("p", "d", "dev", local_root=Path(self.folder.name)))
        self.model = ModelTable()

    def teardown(self) -> None:
        # The run ledger is written by a thread.
        flush()
        self.folder.cleanup()

    @rule(
        write=writes(),
        partition_keys=st.sampled_from([None, None, None, (), ("part",), ("name", "part")]),
        ingestion_id=st.none() | st.sampled_from(["one", "two"]),
        contract=st.none() | st.none() | contracts(),
    )
    def write(self, write, partition_keys, ingestion_id, contract):
        mode, options, keys, types, rows = write
        stored = types.keys() - {options.get("delete_when")}
        if mode == "upsert" and self.model.has_ambiguous_values(keys, rows, stored):
            return
        expected, model = self._on_model(
            mode, rows, types, keys, partition_keys, ingestion_id, **options, contract=contract
        )
        request = IngestionRequest(
            TABLE,
            IngestionMode(mode),
            keys,
            partition_keys,
            TableConfiguration() if contract is None else parse_table("the contract", contract),
            ingestion_id=ingestion_id or new_ingestion_id(),
            **options,
        )
        schema = pa.schema([(column, ARROW[kind]) for column, kind in types.items()])
        table = pa.Table.from_pylist(rows, schema=schema)
        try:
            result = ingest(self.platform, request, table, writer=self.writer())
        except TerminalError as error:
            assert expected is Rejected, error
        else:
            assert expected is None, "the model rejects this write"
            self.model = model
            assert {check.name: check.violations for check in result.checks} == model.violations
            assert result.rows_quarantined == model.quarantined

    @rule(write=changes(), contract=st.none() | st.none() | contracts())
    def change(self, write, contract):
        self.write(write, partition_keys=None, ingestion_id=None, contract=contract)

    @precondition(lambda self: self.model.columns)
    @rule(mode=st.sampled_from(["copy-on-write", "merge-on-read"]))
    def force_the_upsert_strategy(self, mode):
        with load_table(self.platform, TABLE).transaction() as transaction:
            transaction.set_properties({"write.merge.mode": mode})

    @precondition(lambda self: self.model.columns)
    @rule(max_age_ms=st.sampled_from(["0", "100000"]))
    def maintain(self, max_age_ms):
        with load_table(self.platform, TABLE).transaction() as transaction:
            transaction.set_properties(
                {"history.expire.max-snapshot-age-ms": max_age_ms, "datalake_sdk_orphan_age_hours": "0"}
            )
        maintain_table(self.platform, TABLE, force=True, writer=self.writer())

    def writer(self):
        """The engine under test."""
        return native_writer(self.platform)

    def _on_model(self, *write, **options):
        model = deepcopy(self.model)
        try:
            model.write(*write, **options)
        except Rejected:
            return Rejected, self.model
        return None, model

    @precondition(lambda self: self.model.columns)
    @invariant()
    def the_table_has_the_rows_of_the_model(self):
        rows = read_table(self.platform, TABLE).read_all()
        assert rows.column_names == self.model.columns
        assert sorted(rows.to_pylist(), key=repr) == self.model.content()

    @precondition(lambda self: self.model.columns)
    @invariant()
    def pyiceberg_reads_the_same_rows_and_the_summary_counts_them(self):
        table = load_table(self.platform, TABLE)
        assert sorted(table.scan().to_arrow().to_pylist(), key=repr) == self.model.content()
        summary = table.current_snapshot().summary
        assert int(summary["total-records"]) - int(summary["total-position-deletes"]) == len(self.model.rows)


WriteContract.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestWriteContract = WriteContract.TestCase
