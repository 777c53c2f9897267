from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper


def main(job: BaseProcessingWrapper):
    bills = job.read_input_dataset(
        input_file_path=job.task_additional_parameters["inbox"],
        csv_delimiter=job.task_additional_parameters["delimiter"],
    )
    bills["loaded_on"] = job.logical_date
    accepted = bills[bills["amount"].notna()]
    rejected = bills[bills["amount"].isna()]
    job.logger.info("%d bills, %d of them rejected", len(bills), len(rejected))
    return {
        "bills.bills": job.ProcessingResponse(
            dataframe=accepted,
            job_end_message=f"{len(accepted)} bills of {job.logical_date}",
            force_maintenance=True,
        ),
        "bills.rejected": job.ProcessingResponse(dataframe=rejected if len(rejected) else None),
    }
