# Reports of failed executions.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name    = "shop"
  domain_name     = "sales"
  stage_name      = "dev"
  git_repository  = "https://git.example.com/shop/sales"
  prevent_destroy = false
  failure_reports = {
    slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3"
    slack_channel    = "#sales-data"
  }
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
  target = module.failure_reports_image
  outputs = {
    image_uri       = "registry/failure_reports:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_failure_reports"
  }
}

run "every_failed_execution_of_the_domain_is_reported" {
  command = plan

  assert {
    condition = jsondecode(one(values(aws_cloudwatch_event_rule.failure_reports)).event_pattern).detail == {
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = [{ prefix = "arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_" }]
    }
    error_message = "The rule is ${one(values(aws_cloudwatch_event_rule.failure_reports)).event_pattern}."
  }

  assert {
    condition = one(values(aws_lambda_function.failure_reports)).environment[0].variables == tomap({
      PROJECT_NAME     = "shop"
      DOMAIN_NAME      = "sales"
      STAGE_NAME       = "dev"
      SLACK_SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3"
      SLACK_CHANNEL    = "#sales-data"
    })
    error_message = "The function has other variables."
  }

  assert {
    condition = alltrue(concat(
      [
        for target in aws_cloudwatch_event_target.failure_reports :
        target.dead_letter_config[0].arn == local.undelivered_arns["shop_sales_dev_failure_reports"]
      ],
      [
        for function in aws_lambda_function.failure_reports :
        function.dead_letter_config[0].target_arn == local.undelivered_arns["shop_sales_dev_failure_reports"]
      ],
      [for queue in aws_sqs_queue.undelivered : queue.message_retention_seconds == 14 * 86400],
    ))
    error_message = "Events are not kept for 14 days."
  }

  assert {
    condition = {
      for alarm in aws_cloudwatch_metric_alarm.undelivered : alarm.alarm_name => alarm.dimensions.QueueName
    } == { shop_sales_dev_failure_reports-dead-letters = "shop_sales_dev_failure_reports_dead_letters" }
    error_message = "The alarms are ${jsonencode(aws_cloudwatch_metric_alarm.undelivered)}."
  }

  assert {
    condition = length(aws_iam_role_policy.investigation) == 0 && alltrue([
      for function in aws_lambda_function.failure_reports :
      !contains(keys(function.environment[0].variables), "INVESTIGATION_MODEL_ARN")
    ])
    error_message = "The function may call a model."
  }
}

run "reports_need_neither_a_channel_nor_the_failsafe" {
  command = plan

  variables {
    failure_reports = { slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3" }
    enable_failsafe = false
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.failure_reports :
      !contains(keys(function.environment[0].variables), "SLACK_CHANNEL")
    ])
    error_message = "The function has a channel."
  }

  assert {
    condition     = length(aws_lambda_function.failure_reports) == 1 && length(aws_lambda_function.failsafe) == 0
    error_message = "Reports require the failsafe."
  }
}

run "a_model_of_the_chosen_size_explains_failures" {
  command = plan

  variables {
    enable_llm_investigation         = true
    failure_investigation_model_size = "small"
  }

  override_resource {
    target          = aws_bedrock_inference_profile.this["small"]
    override_during = plan
    values          = { arn = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/small" }
  }

  assert {
    condition = one(values(aws_lambda_function.failure_reports)).environment[0].variables.INVESTIGATION_MODEL_ARN == (
      "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/small"
    )
    error_message = "The function has another model."
  }

  assert {
    condition     = keys(aws_iam_role_policy.investigation) == ["small"]
    error_message = "The function may call other models: ${join(", ", keys(aws_iam_role_policy.investigation))}."
  }
}
