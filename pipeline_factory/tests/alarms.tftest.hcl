# Alarms of a pipeline: which exist, with which thresholds, and whom they notify.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "a_pipeline_has_the_alarms_of_its_domain" {
  command = plan

  variables {
    trigger = { type = "s3", bucket = "inbox", batch_window_seconds = 120 }
  }

  assert {
    condition = {
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.executions), values(aws_cloudwatch_metric_alarm.queue_age),
        values(aws_cloudwatch_metric_alarm.dead_letters),
      ) : alarm.alarm_name => "${alarm.metric_name} ${alarm.threshold}"
      } == {
      shop_sales_dev_orders-failing      = "ExecutionsFailed 3"
      shop_sales_dev_orders-overlong     = "OldestExecutionAge 21600"
      shop_sales_dev_orders-throttled    = "ExecutionThrottled 10"
      shop_sales_dev_orders-trigger-age  = "ApproximateAgeOfOldestMessage 3600"
      shop_sales_dev_orders-dead-letters = "ApproximateNumberOfMessagesVisible 1"
      shop_sales_dev_orders-undelivered  = "ApproximateNumberOfMessagesVisible 1"
    }
    error_message = "The alarms of the pipeline are different."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.executions) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"])
      && alarm.treat_missing_data == "notBreaching"
      && alarm.dimensions == tomap({
        StateMachineArn = "arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_orders"
      })
    ])
    error_message = "An alarm does not notify the domain's topic, or breaches without data."
  }
}

run "a_pipeline_overrides_single_thresholds" {
  command = plan

  variables {
    alarms = { execution_minutes = 1440 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.executions["overlong"].threshold == 86400
      && aws_cloudwatch_metric_alarm.executions["failing"].threshold == 3
    )
    error_message = "A threshold of the domain or of the pipeline is not used."
  }
}

run "a_pipeline_can_have_no_alarms" {
  command = plan

  variables {
    alarms = { enabled = false }
  }

  assert {
    condition = length(aws_cloudwatch_metric_alarm.executions) + length(
      aws_cloudwatch_metric_alarm.dead_letters
    ) == 0
    error_message = "A pipeline without alarms has one."
  }
}

run "receivers_of_the_pipeline_are_notified_of_its_alarms" {
  command = plan

  variables {
    failure_notification_receivers = ["orders@example.com"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.executions["failing"].alarm_actions) == 2
    error_message = "The alarm does not notify both topics."
  }
}
