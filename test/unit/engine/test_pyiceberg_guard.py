"""Fails when pyiceberg changes what we use beyond its public interface, or what engine/avro_doubles.py mends."""

from __future__ import annotations

import inspect
import struct
from importlib.metadata import version

import pyarrow as pa
import pytest
from pyiceberg.avro.decoder import new_decoder
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Transaction
from pyiceberg.table.update.snapshot import _SnapshotProducer
from pyiceberg.types import StringType


@pytest.fixture
def catalog(tmp_path):
    catalog = SqlCatalog("guard", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}")
    catalog.create_namespace("a")
    yield catalog
    catalog.engine.dispose()


def test_the_version_is_the_one_whose_private_parts_we_know():
    assert version("pyiceberg") == "0.12.0"


def test_the_compiled_decoder_still_rounds_doubles_which_the_engine_mends():
    assert new_decoder(struct.pack("<d", 0.1)).read_double() == struct.unpack("<f", struct.pack("<f", 0.1))[0]


def test_a_transaction_keeps_its_updates_and_requirements_until_it_commits(catalog):
    table = catalog.create_table("a.t", pa.schema([("id", pa.int64())]))
    transaction = table.transaction()
    transaction.set_properties({"x": "y"})
    with transaction.update_schema() as update:
        update.add_column("name", StringType())
    catalog.commit_table(transaction._table, transaction._requirements, transaction._updates)
    loaded = catalog.load_table("a.t")
    assert loaded.properties["x"] == "y"
    assert loaded.schema().column_names == ["id", "name"]


def test_commit_table_refuses_a_snapshot_whose_parent_is_no_longer_the_newest(catalog):
    table = catalog.create_table("a.t", pa.schema([("id", pa.int64())]))
    late = table.transaction()
    late.update_snapshot().fast_append().commit()
    catalog.load_table("a.t").append(pa.table({"id": [1]}))
    with pytest.raises(CommitFailedException):
        catalog.commit_table(late._table, late._requirements, late._updates)


def test_a_snapshot_producer_can_take_its_manifests_back():
    assert not inspect.signature(_SnapshotProducer._clean_all_uncommitted).parameters.keys() - {"self"}
    assert "retry" in inspect.getsource(Transaction.commit_transaction)
