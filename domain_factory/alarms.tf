locals {
  # By suffix of their names: any error, throttled invocation or undelivered event.
  failsafe_alarms = {
    errors = {
      description = "Invocations failed. Read the log group /aws/lambda/${local.names.failsafe}."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      statistic   = "Sum"
      dimensions  = { FunctionName = local.names.failsafe }
    }
    throttles = {
      description = "Lambda throttled invocations. Raise the account's quota of concurrent executions."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      statistic   = "Sum"
      dimensions  = { FunctionName = local.names.failsafe }
    }
    dead-letters = {
      description = "EventBridge could not deliver events. See the attribute ERROR_CODE of the messages."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      statistic   = "Maximum"
      dimensions  = { QueueName = "${local.names.failsafe}_dead_letters" }
    }
  }
}

# No ok_actions: each new alarm would publish when it changes from INSUFFICIENT_DATA to OK.
resource "aws_cloudwatch_metric_alarm" "failsafe" {
  for_each = var.enable_failsafe && module.settings.alarms.enabled ? local.failsafe_alarms : {}

  alarm_name          = "${local.names.failsafe}-${each.key}"
  alarm_description   = "Failsafe of ${local.environment}: ${each.value.description}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.failures.arn]
  tags                = local.tags

  depends_on = [aws_sns_topic_policy.failures]
}
