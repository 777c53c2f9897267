"""Every error the SDK raises: one tree, in which each error is terminal or transient and says what to do next.

A message names the field, the value received and what is valid; the hint says what to do next. `TransientError` is
worth another try of the same call, `TerminalError` is not. `UsageError` means that the call itself was wrong (exit
code 2 in the terminal), everything else is a failure of the work (exit code 1).
"""

from datalake_sdk.errors.aws import *
from datalake_sdk.errors.base import *
from datalake_sdk.errors.input_options import *
from datalake_sdk.errors.inputs import *
from datalake_sdk.errors.lake import *
from datalake_sdk.errors.migration import *
from datalake_sdk.errors.names import *
from datalake_sdk.errors.pipelines import *
from datalake_sdk.errors.runtime import *
from datalake_sdk.errors.spark import *
from datalake_sdk.errors.tables import *
