output "state" {
  description = "The state that runs the task, in Amazon States Language, without timeouts, retries and transitions."
  value       = local.state
}

output "published_request" {
  description = "StartJobRun request without the values of an execution, and the log of the task."
  value = {
    service = "glue"
    request = { JobName = aws_glue_job.this.name }
    log     = { group = aws_cloudwatch_log_group.this["output"].name }
  }
}

output "capacity_errors" {
  description = "Errors of the state that indicate a lack of capacity for the task."
  # https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html#aws-glue-api-jobs-runs-StartJobRun
  value = [
    "Glue.AWSGlueException",
    "Glue.ConcurrentRunsExceededException",
    "Glue.InternalServiceException",
    "Glue.OperationTimeoutException",
    "Glue.ResourceNumberLimitExceededException",
    "Glue.ThrottlingException",
  ]
}

output "role_name" {
  description = "Name of the task's role."
  value       = module.role.name
}

output "role_arn" {
  description = "ARN of the task's role."
  value       = module.role.arn
}

output "job_arn" {
  description = "ARN of the task's job."
  value       = local.job_arn
}
