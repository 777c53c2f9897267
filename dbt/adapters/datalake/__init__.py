"""The dbt adapter `datalake`, under the name by which dbt imports it."""

from pathlib import Path

from dbt.adapters.base import AdapterPlugin

from datalake_sdk.dbt_adapter.adapter import DatalakeAdapter
from datalake_sdk.dbt_adapter.credentials import DatalakeCredentials

Plugin = AdapterPlugin(DatalakeAdapter, DatalakeCredentials, str(Path(__file__).parents[2] / "include/datalake"))
