"""Loads the orders of the shop."""


def main(job):
    source = f"s3://{job.platform.environment.technical_bucket}/{job.task_additional_parameters['source']}"
    orders = job.read_input_dataset(source, csv_delimiter=";")
    return {
        "daily_sales.orders": job.ProcessingResponse(dataframe=orders, job_end_message=f"{len(orders)} orders"),
    }
