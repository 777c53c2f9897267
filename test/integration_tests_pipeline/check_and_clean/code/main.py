"""Compares the tables with the content of the files, then deletes the delivered files."""

import pandas as pd
from pipeline_utils.checks import SPARK_CHECK, checks
from pipeline_utils.files import DELIVERED, given_files

CHECKS = "integration_tests.checks"
REPORT = "integration_tests/reports/checks.csv"


def main(job):
    files = given_files(job)
    planned = [
        check
        for check in checks(job.step_function_execution_arn, files)
        if check.name != SPARK_CHECK or job.does_table_exist(f"integration_tests.{SPARK_CHECK}")
    ]
    results = pd.DataFrame(
        {
            "logical_date": job.logical_date,
            "name": [check.name for check in planned],
            "difference": [
                check.difference(lambda query: job.query(query).itertuples(index=False)) for check in planned
            ],
        }
    )
    differences = results.loc[results["difference"] != ""]
    if differences.empty and job.platform.environment.local_root is None:
        clean(job, files, results)
    return {
        CHECKS: job.ProcessingResponse(
            dataframe=results,
            job_end_status="SUCCESS" if differences.empty else "FAILURE",
            job_end_message="; ".join(f"{row.name}: {row.difference}" for row in differences.itertuples(index=False)),
            force_maintenance=True,
        )
    }


def clean(job, files, results):
    """Writes the results to a file, and deletes the files that started the execution."""
    s3, bucket = job.boto_session.client("s3"), job.platform.environment.technical_bucket
    s3.put_object(Bucket=bucket, Key=REPORT, Body=results.to_csv(index=False))
    for file in files:
        if file.startswith(DELIVERED):
            s3.delete_object(Bucket=bucket, Key=file)
