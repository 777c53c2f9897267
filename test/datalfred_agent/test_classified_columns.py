"""Values of columns that a contract classifies do not reach the model, whatever it computes from them."""

from __future__ import annotations

import asyncio
import json

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField, StringType

from datalake_sdk.datalfred_agent.lake_tools import lake_tools
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import TerminalError
from datalake_sdk.operations.table_layout import table_layout
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import CONTRACT_PROPERTY
from test.datalfred_agent.scripted_model import InProcessRunner
from test.unit.conftest import PyicebergLake

SECRET = "ann@example.org"
CONTRACT = {"schema": {"email": {"classification": "restricted"}, "salary": {"classification": "3"}, "id": None}}
LEAKS = (
    "SELECT * FROM dev_hr.people",
    "SELECT email || '!', reverse(email), length(email), salary * 2 FROM dev_hr.people",
    "SELECT p.email FROM dev_hr.people AS p",
    "SELECT dev_hr.people.email, dev_hr.people.salary FROM dev_hr.people",
    "SELECT min(email), max(salary), array_agg(email), count(DISTINCT email) FROM dev_hr.people",
    "SELECT id FROM dev_hr.people WHERE email LIKE 'ann%'",
    "SELECT id FROM dev_hr.people WHERE salary = 70007",
    "SELECT count(*) FROM dev_hr.people GROUP BY email HAVING email > 'a' AND email < 'b'",
    "SELECT id FROM dev_hr.people JOIN (VALUES 'ann@example.org') AS t (e) ON e = email",
    "WITH people AS (SELECT email AS x, salary FROM dev_hr.people) SELECT x, salary FROM people",
    "SELECT (SELECT max(email) FROM dev_hr.people), id FROM dev_hr.people",
    "SELECT email FROM dev_hr.people UNION ALL SELECT email FROM dev_hr.people",
    "SELECT first_value(email) OVER (ORDER BY salary) FROM dev_hr.people",
    "SELECT CAST(email AS integer) FROM dev_hr.people",
    "SELECT json_format(CAST(ROW(email, salary) AS JSON)) FROM dev_hr.people",
    "SELECT x FROM dev_hr.people CROSS JOIN UNNEST(ARRAY[email]) AS t (x)",
    'SELECT * FROM dev_hr."people$files"',
    'SELECT * FROM dev_hr."people$partitions"',
    "SELECT email FROM dev_hr.people FOR TIMESTAMP AS OF current_timestamp",
    'SELECT "row", reason FROM dev_hr.people__quarantine',
    "SELECT EMAIL FROM DEV_HR.PEOPLE",
    'SELECT "email" FROM "dev_hr"."people"',
    "SELECT id FROM (dev_hr.people CROSS JOIN (VALUES 1) AS t (x)) WHERE email LIKE 'ann%'",
    "SELECT id FROM dev_hr.people TABLESAMPLE BERNOULLI (100) WHERE email LIKE 'ann%'",
)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    lake = PyicebergLake(tmp_path_factory.mktemp("people") / "lake")
    row = {"id": 4711, "email": SECRET, "salary": 70007}
    lake.create("hr.people", rows=[row], properties={CONTRACT_PROPERTY: json.dumps(CONTRACT)})
    lake.create("hr.people__quarantine", rows=[{"row": json.dumps(row), "reason": SECRET, "input_row": 3}])
    return lake


@pytest.mark.parametrize("statement", LEAKS)
def test_no_query_returns_or_tests_a_classified_value(people, run, statement):
    try:
        result = run(InProcessRunner(people.platform.environment), statement)
        shown = "\n".join(result.lines)
    except TerminalError as error:
        shown = str(error)
    found = [value for value in (SECRET, SECRET[::-1], "70007", "140014") if value in shown]
    is_tested = "WHERE" in statement or "ON e" in statement or "HAVING" in statement
    assert not found
    assert not (is_tested and "4711" in shown)


def test_hidden_columns_are_named_and_others_are_shown(people, run):
    result = run(InProcessRunner(people.platform.environment), "SELECT id, email, salary FROM dev_hr.people")
    assert result.lines == ["4711,[redacted],"]
    assert result.columns[2]["type"] == "int64"
    assert result.hidden_columns == ["dev_hr.people.email", "dev_hr.people.salary"]


def test_a_user_may_show_classified_values(people, run):
    runner = InProcessRunner(people.platform.environment, show_classified=True)
    assert run(runner, "SELECT email, salary FROM dev_hr.people").lines == [f"{SECRET},70007"]


def test_a_process_of_a_query_hides_classified_values(people, run):
    assert run(QueryRunner(people.platform.environment), "SELECT email FROM dev_hr.people").lines == ["[redacted]"]


def test_partition_values_of_classified_columns_are_hidden(people):
    spec = PartitionSpec(PartitionField(source_id=1, field_id=1000, transform=IdentityTransform(), name="email"))
    schema = Schema(NestedField(1, "email", StringType()))
    properties = {CONTRACT_PROPERTY: json.dumps(CONTRACT)}
    people.create("hr.parted", schema, spec=spec, properties=properties).append(pa.table({"email": [SECRET]}))
    layout = table_layout(people.platform, TableName("hr", "parted"))
    assert SECRET.split("@")[0] in str(layout.as_dict())
    tools = lake_tools(people.platform, QueryRunner(people.platform.environment), lambda drawing: None, None)
    (tool,) = (tool for tool in tools if tool.name == "table_layout")
    shown = asyncio.run(tool.run(tool.arguments(database="hr", table="parted")))
    assert "[redacted]" in str(shown)
    assert SECRET.split("@")[0] not in str(shown)


@pytest.fixture
def run():
    return lambda runner, statement: asyncio.run(runner.run(statement))
