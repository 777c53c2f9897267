import pandas as pd


def main(job):
    if not job.does_table_exist("bills.totals"):
        raise job.ProcessingFailed("the pipeline bills has not run")
    totals = job.query("SELECT SUM(total) AS total FROM {database_prefix}bills.totals")
    total = float(totals["total"].iloc[0])
    is_good = total <= float(job.task_additional_parameters["allowed_total"])
    checks = pd.DataFrame({"checked_on": [job.logical_date], "total": [total], "is_good": [is_good]})
    job.ingest(full_table_name="reports.checks", dataframe=checks, override_ingestion_mode="append")
    job.perform_table_maintenance(full_table_name="reports.checks", force_maintenance=True)
    return {
        "reports.checks": job.ProcessingResponse(
            job_end_status="SUCCESS" if is_good else "FAILURE",
            job_end_message=f"total is {total}",
        ),
    }
