locals {
  variables = join(", ", [for name, value in var.computed_variables : "'${name}': ${value}"])

  state = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:${var.domain.partition}:states:::glue:startJobRun.sync"
    Output        = "{% $states.input %}"
    Arguments = {
      JobName = aws_glue_job.this.name
      Arguments = {
        "--task_execution" = "{% $string($merge([{${local.variables}}, ${var.variables_expression}])) %}"
      }
    }
  }
}
