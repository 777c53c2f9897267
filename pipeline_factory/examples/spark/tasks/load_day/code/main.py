"""Loads the visits of a day."""


def main(job):
    visits = job.read_input_dataset(job.task_additional_parameters["folder"])
    return {"web_visits.visits": job.ProcessingResponse(dataframe=visits.where("page IS NOT NULL"))}
