# The requests that `datalake_sdk run_task` sends to run a task outside of an execution: the request of the task's
# state, without the values of an execution.
locals {
  published_requests = {
    for name, run in local.runs : name => jsonencode(merge(run.published_request, {
      computed_variables = concat(
        keys(local.computed_parameters[name]),
        [for parameter in local.tasks[name].set_parameters : "TASK_ADDITIONAL_PARAMETERS_${parameter}"],
      )
    }))
  }

  # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
  parameter_size_limit = 8192
}

resource "aws_ssm_parameter" "task_request" {
  for_each = toset(keys(local.tasks))

  name        = "/datalake/${local.environment}/${var.pipeline_name}/tasks/${each.key}"
  description = "Request that runs task ${each.key} of ${local.full_name}"
  type        = "String"
  tier        = "Intelligent-Tiering"
  insecure_value = (
    length(local.published_requests[each.key]) <= local.parameter_size_limit
    ? local.published_requests[each.key]
    : base64gzip(local.published_requests[each.key])
  )
  tags = local.tags
}
