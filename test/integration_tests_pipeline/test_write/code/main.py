"""Loads files: upserts their rows into one table, and appends a row for each file to another."""

import pandas as pd
from pipeline_utils.files import given_files, uri


def main(job):
    files = given_files(job)
    contents = [job.read_input_dataset(uri(job, file)) for file in files]
    loads = pd.DataFrame(
        {
            "file": files,
            "number_of_rows": [len(content) for content in contents],
            "execution_arn": job.step_function_execution_arn,
        }
    )
    return {
        "integration_tests.orders": job.ProcessingResponse(dataframe=pd.concat(contents)),
        "integration_tests.loads": job.ProcessingResponse(dataframe=loads, job_end_message=f"{len(files)} files"),
    }
