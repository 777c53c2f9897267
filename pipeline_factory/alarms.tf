locals {
  state_machine_link = "${local.states_console}/statemachines/view/${local.state_machine_arn}"

  # The domain was applied by an earlier version if it has no alarms: its topic does not allow CloudWatch to publish.
  has_alarms = try(local.alarms.enabled, false)

  # By suffix of their names.
  execution_alarms = local.has_alarms ? merge(
    {
      failing = {
        description = "${local.alarms.failed_executions} or more executions failed within 24 hours."
        namespace   = "AWS/States"
        metric      = "ExecutionsFailed"
        statistic   = "Sum"
        period      = 86400
        periods     = 1
        threshold   = local.alarms.failed_executions
      }
      throttled = {
        description = "Step Functions delays state transitions. Run fewer executions at a time, or raise its quota."
        namespace   = "AWS/States"
        metric      = "ExecutionThrottled"
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = local.alarms.throttled_transitions
      }
    },
    # The failsafe publishes the metric every 5 minutes while an execution is running, so 3 periods tolerate a delay.
    local.domain.failsafe_enabled ? {
      overlong = {
        description = "An execution has been running for ${local.alarms.execution_minutes} minutes or longer."
        namespace   = "Datalake"
        metric      = "OldestExecutionAge"
        statistic   = "Maximum"
        period      = 300
        periods     = 3
        threshold   = local.alarms.execution_minutes * 60
      }
    } : {},
  ) : {}

  # Topics for alarms of a trigger: also those of its dataset.
  alarm_topic_arns = {
    for name in keys(local.dead_letter_queues) : name => concat(values(local.failure_topic_arns), [
      for dataset in keys(local.notified_datasets) : aws_sns_topic.failures[dataset].arn
      if contains(local.dataset_trigger_names[dataset], name)
    ])
  }
}

# No ok_actions: each new alarm would publish when it changes from INSUFFICIENT_DATA to OK.
resource "aws_cloudwatch_metric_alarm" "executions" {
  for_each = local.execution_alarms

  alarm_name          = "${local.full_name}-${each.key}"
  alarm_description   = "Pipeline ${local.full_name}: ${each.value.description} See ${local.state_machine_link}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = local.state_machine_arn }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = values(local.failure_topic_arns)
  tags                = local.tags

  depends_on = [aws_sns_topic_policy.failures]
}

# A queue without messages has no metrics after six hours.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
resource "aws_cloudwatch_metric_alarm" "queue_age" {
  for_each = local.has_alarms ? aws_sqs_queue.batch : {}

  alarm_name = "${each.value.name}-age"
  alarm_description = join(" ", [
    "Pipeline ${local.full_name}: a message in the queue ${each.value.name} has been waiting for",
    "${local.alarms.queue_age_minutes} minutes or longer. Check that the pipe of this name is running.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.value.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.alarms.queue_age_minutes * 60
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns[each.key]
  tags                = local.tags

  depends_on = [aws_sns_topic_policy.failures]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = local.has_alarms ? aws_sqs_queue.dead_letters : {}

  alarm_name = each.value.name
  alarm_description = join(" ", [
    "Pipeline ${local.full_name}: the dead-letter queue ${each.value.name} contains messages. Their attributes",
    "ERROR_CODE and ERROR_MESSAGE give the reason.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns[each.key]
  tags                = local.tags

  depends_on = [aws_sns_topic_policy.failures]
}
