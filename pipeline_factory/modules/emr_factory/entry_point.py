"""Where EMR Serverless enters a task: spark-submit takes a file, not a module."""

import os
import runpy
from pathlib import Path

os.chdir(Path(__file__).parent)
runpy.run_module("datalake_sdk.spark_processing_wrapper", run_name="__main__")
