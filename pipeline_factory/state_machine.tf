resource "aws_sfn_state_machine" "this" {
  name       = local.full_name
  role_arn   = module.state_machine_role.arn
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

  depends_on = [terraform_data.tables]

  lifecycle {
    precondition {
      condition     = length(local.order_errors) == 0
      error_message = join("\n", local.order_errors)
    }

    precondition {
      condition = !local.has_template || length(local.tasks_with_control_flow) == 0
      error_message = join(" ", [
        "tasks_configuration sets when, for_each or catch for ${join(", ", local.tasks_with_control_flow)}, which have",
        "no effect with an orchestration template. Write Choice and Map states and Catch in the template, or remove",
        "the template.",
      ])
    }

    precondition {
      # glue:getTables lists the default catalog, in which the tables of a table bucket are not.
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-aws.html
      condition = local.domain.table_bucket_arn == null || length(local.listed_databases) == 0
      error_message = join(" ", [
        "tasks_configuration sets for_each.tables for",
        "${join(", ", [for name, loop in local.loops : name if loop.tables != null])},",
        "but the tables of the domain are in S3 Tables, where they cannot be listed. Use for_each.items or",
        "for_each.input.",
      ])
    }

    precondition {
      condition = length(local.unknown_placeholders) == 0
      error_message = join(" ", [
        "The orchestration template contains ${join(", ", local.unknown_placeholders)}, but there is no such task. The",
        "placeholders of the tasks are ${join(", ", keys(local.placeholders))}.",
      ])
    }

    precondition {
      condition = length(local.missing_placeholders) == 0
      error_message = join(" ", [
        "The orchestration template does not contain ${join(", ", local.missing_placeholders)}. Add a state for",
        "each task, or remove the task from tasks_configuration.",
      ])
    }

    precondition {
      condition = local.is_template_json
      error_message = join(" ", [
        "The orchestration template is not valid JSON after its placeholders are replaced. A placeholder stands for",
        "fields of a state: \"load\": {$${___LOAD_CONFIGURATION___}, \"End\": true}.",
      ])
    }

    precondition {
      condition = length(local.misplaced_placeholders) == 0
      error_message = join(" ", [
        "The orchestration template contains ${join(", ", local.misplaced_placeholders)} outside of the fields of a",
        "state, or nested in more than three Parallel and Map states.",
      ])
    }

    precondition {
      condition = length(local.replaced_fixed_fields) == 0
      error_message = join(" ", [
        "The orchestration template sets ${join(", ", local.replaced_fixed_fields)}. These fields run the task and",
        "cannot be replaced. States of Spark tasks use JSONata: add a task's result to the output of its state with",
        "\"Output\": \"{% $merge([$states.input, {'load': $states.result}]) %}\" instead of ResultPath.",
      ])
    }

    precondition {
      condition = length(local.ambiguous_placeholders) == 0
      error_message = join(" ", [
        "The orchestration template contains ${join(", ", local.ambiguous_placeholders)} several times, with",
        "different fields that replace those of the task. Set the same fields for each occurrence.",
      ])
    }

    precondition {
      # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
      condition = length(local.definition) <= 1048576
      error_message = join(" ", [
        "The definition of the state machine has ${length(local.definition)} characters; the limit of Step Functions",
        "is 1048576. Split the pipeline, or shorten spark_configuration, additional_parameters and output_tables.",
      ])
    }
  }
}

module "state_machine_role" {
  source = "./modules/state_machine_role"

  name               = local.full_name
  domain             = local.domain
  ecs_tasks          = module.ecs_task
  spark_tasks        = module.emr_task
  glue_tasks         = module.glue_task
  lambda_tasks       = module.lambda_task
  execution_role_arn = aws_iam_role.execution.arn
  listed_databases   = local.listed_databases
  datasets = local.serves_datasets ? {
    parameter_path = local.dataset_path
    role_path      = local.dataset_role_path
  } : null
  policy = var.state_machine_policy
  tags   = local.tags
}

moved {
  from = aws_iam_role.state_machine
  to   = module.state_machine_role.aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.state_machine
  to   = module.state_machine_role.aws_iam_role_policy.this
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # Log groups with this prefix do not count towards the size limit of resource policies.
  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  name              = "/aws/vendedlogs/states/${local.full_name}"
  retention_in_days = local.log_retention_days
  kms_key_id        = local.domain.kms_key_arn
  tags              = local.tags
}
