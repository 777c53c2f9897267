"""Short options are equivalent to the long options."""

from __future__ import annotations

import json

import click

from datalake_sdk.cli.main import cli


def test_tables_are_written_copied_and_deleted_with_short_options(terminal):
    orders = ("-db", "sales", "-t", "orders")
    written = terminal.run(
        "-s", "prod", "ingest", *orders, "-f", str(terminal.orders), "-m", "upsert", "-uk", "id", "-pk", "city"
    )
    assert written.exit_code == 0, written.output
    names = ("-ss", "prod", "-db", "sales", "-st", "orders", "-tt", "copies")
    copied = terminal.run("migrate_data", *names, "-m", "overwrite", "-uk", "id", "-pk", "bucket(2, id)", "--yes")
    assert copied.exit_code == 0, copied.output
    described = json.loads(terminal.run("describe_table", "-db", "sales", "-t", "copies", "--json").stdout)
    assert (described["rows"], described["partition_keys"]) == (3, ["bucket(2, id)"])
    assert terminal.run("delete_table", "-db", "sales", "-t", "copies", "--yes").exit_code == 0


def test_a_task_is_named_with_short_options(terminal):
    result = terminal.run("run_task", "-pn", "daily", "-tn", "load")
    assert "run_task needs deployed pipelines" in result.stderr


def test_a_short_option_has_the_same_meaning_in_all_commands():
    meanings: dict[str, set[str]] = {}
    for command in cli.commands.values():
        for option in command.params:
            for name in option.opts if isinstance(option, click.Option) else ():
                if not name.startswith("--"):
                    meanings.setdefault(name, set()).add(option.name)
    meanings["-f"].discard("sql_file")
    assert {name for name, options in meanings.items() if len(options) > 1} == set()
