"""Counts the parcels of each depot, as a table and as a file."""

import boto3


def main(job):
    bucket = job.task_additional_parameters["bucket"]
    depots = job.read_input_dataset(f"s3://{bucket}/reference/depots.csv")
    parcels = job.read_table("deliveries.parcels").groupby("depot_id").size().reset_index(name="parcels")
    by_depot = depots.merge(parcels, on="depot_id", how="left").fillna({"parcels": 0}).astype({"parcels": "int64"})
    boto3.client("s3").put_object(Bucket=bucket, Key="reports/parcels_by_depot.csv", Body=by_depot.to_csv(index=False))
    return {"deliveries.parcels_by_depot": job.ProcessingResponse(dataframe=by_depot)}
