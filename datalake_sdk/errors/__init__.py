"""Errors that the SDK raises. Each is terminal or transient.

The message names the field, the value received and the valid values; the hint names the next step. The docstring of a
class without a hint has the next step in its second paragraph. `doc_resources/errors.md` lists all classes.

A call that raised a `TransientError` can be retried, one that raised a `TerminalError` fails again. Commands exit with
code 2 for a `UsageError`, an invalid call, and with code 1 for all others.
"""

from datalake_sdk.errors.access import *
from datalake_sdk.errors.added_files import *
from datalake_sdk.errors.agent import *
from datalake_sdk.errors.aws import *
from datalake_sdk.errors.base import *
from datalake_sdk.errors.containers import *
from datalake_sdk.errors.contract_commands import *
from datalake_sdk.errors.contracts import *
from datalake_sdk.errors.dbt_models import *
from datalake_sdk.errors.dlt_sources import *
from datalake_sdk.errors.embedded_lake import *
from datalake_sdk.errors.glue_tasks import *
from datalake_sdk.errors.incremental_reads import *
from datalake_sdk.errors.ingestion_api import *
from datalake_sdk.errors.input_options import *
from datalake_sdk.errors.inputs import *
from datalake_sdk.errors.lake import *
from datalake_sdk.errors.lambda_tasks import *
from datalake_sdk.errors.migration import *
from datalake_sdk.errors.names import *
from datalake_sdk.errors.pages import *
from datalake_sdk.errors.partitions import *
from datalake_sdk.errors.pipeline_files import *
from datalake_sdk.errors.pipelines import *
from datalake_sdk.errors.quarantine import *
from datalake_sdk.errors.queries import *
from datalake_sdk.errors.redshift import *
from datalake_sdk.errors.registration import *
from datalake_sdk.errors.runs import *
from datalake_sdk.errors.runtime import *
from datalake_sdk.errors.scaffold import *
from datalake_sdk.errors.slack import *
from datalake_sdk.errors.spark import *
from datalake_sdk.errors.tables import *
from datalake_sdk.errors.type_changes import *
