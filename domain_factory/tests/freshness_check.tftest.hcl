# The scheduled check of the freshness that contracts promise.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name    = "shop"
  domain_name     = "sales"
  stage_name      = "dev"
  git_repository  = "https://git.example.com/shop/sales"
  prevent_destroy = false
  freshness_check = { schedule = "cron(0 * * * ? *)" }
}

override_module {
  target = module.sdk
  outputs = {
    version           = "0.1.0+h0123456789ab"
    context_command   = "mkdir dist"
    pip_configuration = "[global]"
  }
}

override_module {
  target  = module.sandbox_image
  outputs = { image_uri = "registry/sandbox:1", repository_arn = "arn", repository_name = "shop_sales_dev_sandbox" }
}

override_module {
  target  = module.failsafe_image
  outputs = { image_uri = "registry/failsafe:1", repository_arn = "arn", repository_name = "shop_sales_dev_failsafe" }
}

override_module {
  target = module.freshness_check_image
  outputs = {
    image_uri       = "registry/freshness_check:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_freshness_check"
  }
}

run "a_schedule_invokes_the_function" {
  command = plan

  assert {
    condition = (
      one(values(aws_cloudwatch_event_rule.freshness_check)).schedule_expression == "cron(0 * * * ? *)"
      && length(aws_cloudwatch_event_target.freshness_check) == 1
      && length(aws_lambda_permission.freshness_check) == 1
    )
    error_message = "The function is not invoked by the schedule."
  }

  assert {
    condition = {
      for role in aws_iam_role.freshness_check : role.name => output.domain_object.freshness_check_role_arn
    } == { shop_sales_dev_freshness_check = "arn:aws:iam::111122223333:role/shop_sales_dev_freshness_check" }
    error_message = "Pipelines get another ARN than that of the role: ${output.domain_object.freshness_check_role_arn}."
  }
}

run "events_that_do_not_reach_the_function_are_kept" {
  command = plan

  assert {
    condition = [
      for target in aws_cloudwatch_event_target.freshness_check : target.dead_letter_config[0].arn
    ] == ["arn:aws:sqs:eu-west-1:111122223333:shop_sales_dev_freshness_check_dead_letters"]
    error_message = "Events are lost, or sent to another queue."
  }

  assert {
    condition = {
      for alarm in aws_cloudwatch_metric_alarm.undelivered : alarm.dimensions.QueueName => alarm.alarm_name
    } == { shop_sales_dev_freshness_check_dead_letters = "shop_sales_dev_freshness_check-dead-letters" }
    error_message = "The alarms are ${jsonencode(aws_cloudwatch_metric_alarm.undelivered)}."
  }
}

run "the_function_sees_the_tables_of_the_layers" {
  command = plan

  variables {
    layers = { raw = {} }
  }

  assert {
    condition = {
      for layer, grant in aws_lakeformation_permissions.freshness_check_tables :
      layer => "${join(" ", grant.permissions)} on ${one(grant.table).database_name}"
    } == { domain = "DESCRIBE on dev_sales", raw = "DESCRIBE on dev_sales_raw" }
    error_message = "The grants are different."
  }
}

run "by_default_nothing_is_checked" {
  command = plan

  variables {
    freshness_check = {}
  }

  assert {
    condition = (
      length(aws_lambda_function.freshness_check) == 0
      && length(aws_iam_role.freshness_check) == 0
      && keys(aws_sqs_queue.undelivered) == ["shop_sales_dev_failsafe"]
      && length(aws_lakeformation_permissions.freshness_check_tables) == 0
      && output.domain_object.freshness_check_role_arn == null
    )
    error_message = "Resources of the freshness check exist."
  }
}

run "an_unknown_attribute_is_rejected" {
  command = plan

  variables {
    freshness_check = { shedule = "rate(1 hour)" }
  }

  expect_failures = [var.freshness_check]
}

run "a_null_schedule_is_rejected" {
  command = plan

  variables {
    freshness_check = { schedule = null }
  }

  expect_failures = [var.freshness_check]
}

run "a_table_bucket_is_rejected" {
  command = plan

  variables {
    table_storage         = "s3_tables"
    enable_lake_formation = false
  }

  expect_failures = [var.freshness_check]
}
