from __future__ import annotations

import click

from datalake_sdk.cli.runs import list_runs
from datalake_sdk.ledger.model import RunKind
from datalake_sdk.ledger.reading import RunState


def test_runs_of_every_kind_and_state_can_be_listed():
    choices = {option.name: option.type.choices for option in list_runs.params if isinstance(option.type, click.Choice)}
    assert {name: set(values) for name, values in choices.items()} == {"kind": {*RunKind}, "state": {*RunState}}
