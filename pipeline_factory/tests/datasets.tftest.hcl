# A pipeline that runs for each dataset that is registered to it.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "datasets" {
  command = plan

  variables {
    run_for_each = "datasets"
    datasets = {
      orders = {
        team                           = "sales"
        pipeline                       = "orders"
        source_prefix                  = "sales/orders/"
        parameters                     = { delimiter = ";" }
        tables                         = { curated = { name = "sales.orders", upsert_keys = ["order_id"] } }
        failure_notification_receivers = ["sales@example.com"]
      }
      refunds = {
        team          = "finance"
        pipeline      = "orders"
        source_prefix = "finance/refunds/"
        tables        = { curated = { name = "finance.refunds", upsert_keys = ["refund_id"] } }
      }
      # Served by another pipeline.
      visits = { team = "web", pipeline = "visits", source_prefix = "web/visits/" }
    }
    tasks_configuration = {
      light = {
        path          = "tests/fixture/load"
        infra_type    = "Lambda"
        input_paths   = ["{source}"]
        output_tables = { "{tables.curated}" = { ingestion_mode = "upsert" }, "sales.loads" = {} }
      }
      heavy = {
        path         = "tests/fixture/load"
        infra_type   = "EMRServerless"
        input_tables = ["{tables.curated}"]
        for_each     = { items = ["eu", "us"] }
      }
      report = { path = "tests/fixture/load", after = ["heavy"] }
    }
    trigger = { type = "s3", bucket = "shop-inbox", suffix = ".csv", batch_window_seconds = 60 }
  }

  assert {
    condition     = output.task_levels == [["light"], ["heavy"], ["report"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).StartAt == "Dataset"
      && local.states.light.Arguments.FunctionName == "{% $dataset.tasks.light.function_arn %}"
      && local.states.heavy.Arguments.ExecutionRoleArn == "{% $dataset.tasks.heavy.role_arn %}"
      && local.states.report.Arguments.Overrides.TaskRoleArn == "{% $dataset.tasks.report.role_arn %}"
      && !strcontains(aws_sfn_state_machine.this.definition, "refunds")
    )
    error_message = "The states do not take function and roles from the dataset: ${jsonencode(local.states)}."
  }

  assert {
    condition = strcontains(
      local.variables_expressions.heavy,
      "$merge([$dataset.variables, $dataset.tasks.heavy.variables, $states.input.variables])",
    )
    error_message = "The variables of an iteration are ${local.variables_expressions.heavy}."
  }

  assert {
    condition     = keys(aws_ssm_parameter.dataset) == ["orders", "refunds"]
    error_message = "The pipeline serves ${jsonencode(keys(aws_ssm_parameter.dataset))}."
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.dataset["orders"].insecure_value).variables == {
      TASK_ADDITIONAL_PARAMETERS_dataset       = "orders"
      TASK_ADDITIONAL_PARAMETERS_team          = "sales"
      TASK_ADDITIONAL_PARAMETERS_source_prefix = "sales/orders/"
      TASK_ADDITIONAL_PARAMETERS_curated_table = "sales.orders"
      TASK_ADDITIONAL_PARAMETERS_delimiter     = ";"
    }
    error_message = "The parameters are ${aws_ssm_parameter.dataset["orders"].insecure_value}."
  }

  assert {
    condition = jsondecode(local.output_variables.light.refunds) == {
      "finance.refunds" = {
        ingestion_mode = "upsert", upsert_keys = ["refund_id"], partition_keys = null
      }
      "sales.loads" = { ingestion_mode = "append", upsert_keys = [], partition_keys = null }
    }
    error_message = "The output tables are ${local.output_variables.light.refunds}."
  }

  assert {
    condition = (
      local.task_variables.light.OUTPUT_TABLES == jsonencode({
        "sales.loads" = { ingestion_mode = "append", partition_keys = null, upsert_keys = [] }
      })
      && local.shared_tables.light.readable_objects == toset([])
    )
    error_message = "Without a dataset, the task has ${jsonencode(local.shared_tables.light)}."
  }

  assert {
    condition = local.dataset_tasks.light.refunds.readable_objects == toset([
      "shop-inbox/finance/refunds/*.csv",
    ])
    error_message = "A task reads ${jsonencode(local.dataset_tasks.light.refunds.readable_objects)}."
  }

  assert {
    condition = (
      keys(aws_pipes_pipe.batch) == ["this-orders", "this-refunds"]
      && aws_pipes_pipe.batch["this-orders"].name == "shop_sales_dev_orders-trigger-orders"
      && jsondecode(aws_cloudwatch_event_rule.s3["this-refunds"].event_pattern).detail.object.key == [
        { wildcard = "finance/refunds/*.csv" },
      ]
      && strcontains(
        aws_cloudwatch_event_target.s3["this-refunds"].input_transformer[0].input_template, "\"dataset\":\"refunds\"",
      )
    )
    error_message = "The triggers are ${jsonencode(local.triggers)}."
  }

  assert {
    condition = (
      keys(aws_cloudwatch_event_rule.dataset_failures) == ["orders"]
      && jsondecode(aws_cloudwatch_event_rule.dataset_failures["orders"].event_pattern).detail.input[0] == {
        wildcard = "*\"dataset\":\"orders\"*"
      }
      && keys(aws_sns_topic_subscription.failures) == ["orders sales@example.com"]
      && length(aws_cloudwatch_metric_alarm.dead_letters["this-orders"].alarm_actions) == 2
      && length(aws_cloudwatch_metric_alarm.dead_letters["this-refunds"].alarm_actions) == 1
    )
    error_message = "The failures of a dataset are sent to ${jsonencode(keys(aws_sns_topic_subscription.failures))}."
  }

  assert {
    condition = (
      jsondecode(aws_ssm_parameter.operations.insecure_value).dead_letter_queue_urls == []
      && !strcontains(aws_ssm_parameter.operations.insecure_value, "refunds")
    )
    error_message = "The pipeline's own parameter changes with its datasets."
  }
}

run "datasets_of_a_pipeline_without_run_for_each_are_rejected" {
  command = plan

  variables {
    datasets = { orders = { team = "sales", pipeline = "orders", source_prefix = "sales/orders/" } }
  }

  expect_failures = [var.datasets]
}
