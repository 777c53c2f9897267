"""Loads parcels from the files of an execution."""

import json

import pandas as pd


def main(job):
    parameters = job.task_additional_parameters
    files = [f"s3://{parameters['bucket']}/{key}" for key in sorted(set(json.loads(parameters["keys"])))]
    parcels = pd.concat(job.read_input_dataset(file) for file in files)
    newest = parcels.drop_duplicates("parcel_id", keep="last")
    return {"deliveries.parcels": job.ProcessingResponse(dataframe=newest, job_end_message=f"{len(files)} files")}
