from __future__ import annotations

import pytest

from datalake_sdk.errors import InputNotFoundError, OutsideLakeError
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.settings import TableName


def test_tables_are_located_in_the_data_bucket_under_their_database_without_prefix(lake):
    location = lake.platform.table_location(TableName("sales", "orders"))
    assert location == f"file://{lake.root}/local-lake-dev-data/sales/orders"


def test_removing_a_table_deletes_its_files_and_empty_folders_only(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    kept = lake.create("stock.items", rows=[{"id": 1}])
    count, size = len(lake.files()), sum(path.stat().st_size for path in lake.files())
    removed = lake.platform.remove_table_files(table)
    assert removed.files == count - len(lake.files()) > 0
    assert removed.bytes == size - sum(path.stat().st_size for path in lake.files())
    assert not (lake.root / "local-lake-dev-data" / "sales").exists()
    assert kept.scan().to_arrow().num_rows == 1


def test_a_database_folder_with_another_table_is_kept(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    other = lake.create("sales.returns", rows=[{"id": 1}])
    lake.platform.remove_table_files(table)
    assert other.scan().to_arrow().num_rows == 1


@pytest.mark.parametrize("scheme", ["file://", "file:"])
@pytest.mark.parametrize("place", ["outside", "lake/../outside", "lake"])
def test_a_table_located_outside_the_lake_is_not_removed(lake, tmp_path, scheme, place):
    lake.create("sales.orders", rows=[{"id": 1}])
    catalog = lake.platform.catalog
    table = catalog.create_table("dev_sales.stray", lake_schema(), location=f"{scheme}{tmp_path}/{place}")
    with pytest.raises(OutsideLakeError, match="nothing was removed"):
        lake.platform.remove_table_files(table)
    assert catalog.load_table("dev_sales.stray").metadata_location


def test_a_symbolic_link_is_deleted_but_not_followed(lake, tmp_path):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x", encoding="utf-8")
    folder = lake.root / "local-lake-dev-data" / "sales" / "orders"
    (folder / "link").symlink_to(outside)
    lake.platform.remove_table_files(table)
    assert (outside / "precious").exists()
    assert not folder.exists()


def test_paths_in_the_folder_of_a_bucket_do_not_lead_out_of_it(lake):
    inside, outside = lake.root / "inbox" / "day.csv", lake.root.parent / "day.csv"
    inside.parent.mkdir(parents=True)
    for path in (inside, outside):
        path.write_text("id\n1\n", encoding="utf-8")
    assert [file.name for file in input_files("s3://inbox/day.csv", lake.platform.input_filesystem)]
    for path in ("s3://inbox/../../day.csv", "s3://inbox/../inbox/day.csv", "s3://inbox/../../*.csv"):
        with pytest.raises(InputNotFoundError):
            input_files(path, lake.platform.input_filesystem)


def lake_schema():
    import pyarrow as pa

    return pa.schema([("id", pa.int64())])
