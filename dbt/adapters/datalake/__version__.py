"""Version of the adapter, which dbt requires."""

from importlib.metadata import version as installed_version

version = installed_version("datalake-sdk")
