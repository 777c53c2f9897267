# The history of an execution contains the event of an invocation: `run` finds its log, that of the task's log group.
locals {
  jsonpath_state = {
    Type       = "Task"
    Resource   = "arn:${var.domain.partition}:states:::lambda:invoke"
    ResultPath = null
    # The result of the task, as of a task on ECS.
    ResultSelector = { "tables.$" = "$.Payload.tables" }
    Parameters = {
      FunctionName = aws_lambda_function.this["this"].arn
      Payload = {
        task      = var.task_name
        "run.$"   = "States.UUID()"
        variables = { for name, value in var.computed_variables : "${name}.$" => value }
      }
    }
  }

  jsonata_variables = join(", ", [
    for name, value in var.computed_variables : "'${name}': $string(${value})"
  ])
  jsonata_function = (
    var.serves_datasets ? "{% $dataset.tasks.${var.task_name}.function_arn %}" : aws_lambda_function.this["this"].arn
  )
  jsonata_state = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:${var.domain.partition}:states:::lambda:invoke"
    Output        = "{% $states.input %}"
    Arguments = {
      FunctionName = local.jsonata_function
      Payload = {
        task      = var.task_name
        run       = "{% $uuid() %}"
        variables = "{% $merge([{${local.jsonata_variables}}, ${var.variables_expression}]) %}"
      }
    }
  }

  state = { JSONPath = [local.jsonpath_state], JSONata = [local.jsonata_state] }[var.query_language][0]
}
