"""The dbt adapter `datalake`: queries run on the SDK's SQL, rows are written under the write contract.

Importing this package does not import dbt, which loads the adapter as `dbt.adapters.datalake`.
"""
