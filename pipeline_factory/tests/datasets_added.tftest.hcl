# Adding a dataset changes no resource of the others: what their resources contain is known during the plan.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = module.state_machine_role.aws_iam_policy.tasks
  values = { arn = "arn:aws:iam::111122223333:policy/tasks" }
}

override_module {
  target  = module.sdk
  outputs = { version = "1.0.0", context_command = "true", build_command = "true", pip_configuration = "" }
}

override_module {
  target = module.ecs_task["load"].module.image
  outputs = {
    image_uri      = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/repository:1"
    repository_arn = "arn:aws:ecr:eu-west-1:111122223333:repository/repository"
  }
}

variables {
  run_for_each                    = "datasets"
  skip_pipeline_database_creation = true
  tasks_configuration = {
    load = {
      path          = "tests/fixture/load"
      input_paths   = ["{source}"]
      output_tables = { "{tables.raw}" = {} }
    }
  }
  triggers = {
    files   = { type = "s3", bucket = "shop-inbox", batch_window_seconds = 60 }
    nightly = { type = "schedule", schedule = "rate(1 day)" }
  }
}

run "a_dataset" {
  variables {
    datasets = {
      orders = {
        team                           = "sales"
        pipeline                       = "orders"
        source_prefix                  = "sales/orders/"
        tables                         = { raw = { name = "sales.orders" } }
        failure_notification_receivers = ["sales@example.com"]
      }
    }
  }
}

run "another_dataset" {
  command = plan

  variables {
    datasets = {
      orders = {
        team                           = "sales"
        pipeline                       = "orders"
        source_prefix                  = "sales/orders/"
        tables                         = { raw = { name = "sales.orders" } }
        failure_notification_receivers = ["sales@example.com"]
      }
      refunds = {
        team                           = "finance"
        pipeline                       = "orders"
        source_prefix                  = "finance/refunds/"
        tables                         = { raw = { name = "finance.refunds" } }
        failure_notification_receivers = ["finance@example.com"]
      }
    }
  }

  assert {
    condition = alltrue([
      for value in [
        aws_sfn_state_machine.this.definition,
        aws_ssm_parameter.dataset["orders"].insecure_value,
        aws_ssm_parameter.operations.insecure_value,
        aws_sqs_queue_policy.batch["files-orders"].policy,
        aws_sqs_queue_policy.dead_letters["files-orders"].policy,
        aws_sqs_queue_policy.dead_letters["notifications"].policy,
        aws_iam_role_policy.trigger["files-orders"].policy,
        aws_iam_role_policy.trigger["nightly-orders"].policy,
        aws_sns_topic_policy.failures["orders"].policy,
        aws_cloudwatch_event_rule.dataset_failures["orders"].event_pattern,
      ] : length(value) > 0
    ])
    error_message = "A value is empty."
  }
}
