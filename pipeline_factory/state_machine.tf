resource "aws_sfn_state_machine" "this" {
  name       = local.full_name
  role_arn   = aws_iam_role.state_machine.arn
  definition = local.definition
  tags       = local.tags

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
    include_execution_data = true
    level                  = "ERROR"
  }

  tracing_configuration {
    enabled = true
  }

  lifecycle {
    precondition {
      condition     = length(local.cyclic) == 0
      error_message = "The tasks ${join(", ", local.cyclic)} wait for each other: ${join("; ", [for name in local.cyclic : "${name} runs after ${join(" and ", setintersection(local.predecessors[name], local.cyclic))}"])}. Who reads a table runs after who writes it, and `after` adds more: take one of these away."
    }

    precondition {
      condition     = length(local.unknown_placeholders) == 0
      error_message = "The orchestration template has ${join(", ", local.unknown_placeholders)}, and there is no such task. The tasks' placeholders are ${join(", ", keys(local.placeholders))}."
    }

    precondition {
      condition     = length(local.missing_placeholders) == 0
      error_message = "The orchestration template lacks ${join(", ", local.missing_placeholders)}. Give each task its state, or take the task out of tasks_configuration."
    }

    precondition {
      condition     = local.is_template_json
      error_message = "The orchestration template is no JSON once its placeholders are filled. A placeholder stands for fields, as in \"load\": {$${___LOAD_CONFIGURATION___}, \"End\": true}."
    }

    precondition {
      condition     = length(local.misplaced_placeholders) == 0
      error_message = "The orchestration template has ${join(", ", local.misplaced_placeholders)} elsewhere than among the fields of a state, or below more than three Parallel and Map states."
    }

    precondition {
      condition     = length(local.replaced_fixed_fields) == 0
      error_message = "The orchestration template sets ${join(", ", local.replaced_fixed_fields)}: these fields run the task, and cannot be replaced. States of Spark tasks use JSONata: write a task's result into the state's output by \"Output\": \"{% $merge([$states.input, {'load': $states.result}]) %}\" instead of ResultPath."
    }

    precondition {
      condition     = length(local.ambiguous_placeholders) == 0
      error_message = "The orchestration template has ${join(", ", local.ambiguous_placeholders)} several times, beside different fields that replace the task's own. Give each occurrence the same ones."
    }
  }

  # Step Functions checks these permissions when the state machine is made.
  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # This prefix keeps clear of a limit on log groups' resource policies.
  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  name              = "/aws/vendedlogs/states/${local.full_name}"
  retention_in_days = local.log_retention_days
  kms_key_id        = local.domain.kms_key_arn
  tags              = local.tags
}
