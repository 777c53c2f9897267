"""Script of a job: Glue runs a file, not a module."""

import sys

from datalake_sdk.glue_job import main

main(sys.argv[1:])
