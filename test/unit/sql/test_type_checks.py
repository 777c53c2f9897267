"""Operands without a common type in Trino: https://trino.io/docs/current/functions/conversion.html."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.platforms.local.sql import LocalSql

TABLE = "SELECT 1::BIGINT AS id, DATE '2026-02-27' AS day, 'a' AS name, TIMESTAMP '2026-02-27 00:00:00' AS moment"
NO_COMMON_TYPE = "must be the same type or coercible to a common type. Cannot find common type between"


def run(tmp_path, statement):
    return LocalSql(tmp_path).query(statement, lambda _: TABLE).read_all().to_pylist()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT id FROM a.t WHERE day = '2026-02-27'", "line 1:26: Cannot apply operator: date = varchar(10)"),
        ("SELECT id FROM a.t WHERE t.day < '2026-02-27'", "Cannot apply operator: date < varchar(10)"),
        ("SELECT id FROM a.t WHERE name = 5", "Cannot apply operator: varchar = integer"),
        ("SELECT id FROM (SELECT id, day FROM a.t) WHERE day = 'x'", "Cannot apply operator: date = varchar(1)"),
        ("SELECT id FROM a.t WHERE day BETWEEN '2026-01-01' AND '2026-12-31'", "if date is BETWEEN varchar(10) and"),
        ("SELECT id FROM a.t WHERE id IN (1, '2')", f"IN value and list items {NO_COMMON_TYPE} bigint and varchar(1)"),
        ("SELECT 1 FROM a.t AS a LEFT JOIN a.t AS b ON a.day = b.name", "Cannot apply operator: date = varchar"),
        ("SELECT coalesce(id, '1') FROM a.t", f"All COALESCE operands {NO_COMMON_TYPE} bigint and varchar"),
        ("SELECT CASE WHEN id = 1 THEN id ELSE '1' END FROM a.t", f"All CASE results {NO_COMMON_TYPE}"),
        ("SELECT if(id = 1, day, '2026-02-27') FROM a.t", f"All CASE results {NO_COMMON_TYPE}"),
        (
            "SELECT id FROM a.t UNION SELECT name FROM a.t",
            "column 1 in UNION query has incompatible types: bigint, v",
        ),
        (
            "WITH u AS (SELECT id, day FROM a.t) SELECT * FROM u EXCEPT SELECT id, name FROM a.t",
            "column 2 in EXCEPT query has incompatible types: date, varchar",
        ),
    ],
)
def test_types_without_a_common_type_fail(tmp_path, statement, reason):
    with pytest.raises(QueryFailedError, match="TYPE_MISMATCH") as caught:
        run(tmp_path, statement)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "condition",
    [
        "day = DATE '2026-02-27'",
        "day = moment",
        "moment >= DATE '2026-02-27'",
        "id = 1.0",
        "id IN (1, 2.5, 3e0)",
        "name IN ('a', 'b')",
        "CAST(day AS varchar) = '2026-02-27'",
        "day BETWEEN DATE '2026-01-01' AND moment",
        "coalesce(name, 'b') = 'a'",
        "day = CAST('2026-02-27' AS date)",
        "EXISTS (SELECT 1 FROM (SELECT 'a' AS id) WHERE id = 'a')",
        "id IN (SELECT 1 UNION SELECT NULL UNION SELECT 2.5)",
    ],
)
def test_types_with_a_common_type_compare(tmp_path, condition):
    assert run(tmp_path, f"SELECT name FROM a.t WHERE {condition}") == [{"name": "a"}]
