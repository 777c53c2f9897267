"""Entry point of the image: spark-submit runs a file, not a module."""

import os
import runpy
from pathlib import Path

os.chdir(Path(__file__).parent)
runpy.run_module("datalake_sdk.spark_processing_wrapper", run_name="__main__")
