# Events that EventBridge could not deliver to a function, and failures that the function for reports did not report in
# three attempts.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
locals {
  # By name of the function, which is also that of its rule. The alarm of the failsafe: alarms.tf.
  undelivered = merge(
    { for name in local.failure_reports : name => "Failures of ${local.environment} were not reported to Slack." },
    { for name in local.freshness_check : name => "The freshness of tables of ${local.environment} was not checked." },
  )

  # The rules that invoke each function.
  undelivered_rules = merge(
    { for name in keys(local.undelivered) : name => [name] },
    { for name in local.failsafe : name => keys(local.failsafe_rules) },
  )

  undelivered_names = { for name in keys(local.undelivered_rules) : name => "${name}_dead_letters" }
  undelivered_arns = {
    for name, queue in local.undelivered_names : name => "arn:${local.partition}:sqs:${local.account}:${queue}"
  }
}

resource "aws_sqs_queue" "undelivered" {
  for_each = local.undelivered_names

  name                              = each.value
  message_retention_seconds         = 1209600
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 3600
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  tags                              = local.tags
}

resource "aws_sqs_queue_policy" "undelivered" {
  for_each = aws_sqs_queue.undelivered

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.undelivered[each.key].json
}

data "aws_iam_policy_document" "undelivered" {
  for_each = local.undelivered_arns

  source_policy_documents = [module.undelivered_tls_only[each.key].json]

  statement {
    sid       = "RulesSend"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values = [
        for rule in local.undelivered_rules[each.key] : "arn:${local.partition}:events:${local.account}:rule/${rule}"
      ]
    }
  }
}

module "undelivered_tls_only" {
  source   = "../modules/tls_only"
  for_each = local.undelivered_arns

  actions   = ["sqs:*"]
  resources = [each.value]
}

# No ok_actions: each new alarm would publish when it changes from INSUFFICIENT_DATA to OK.
resource "aws_cloudwatch_metric_alarm" "undelivered" {
  for_each = module.settings.alarms.enabled ? local.undelivered : {}

  alarm_name = "${each.key}-dead-letters"
  alarm_description = join(" ", [
    each.value,
    "Read the log group /aws/lambda/${each.key} and the queue ${local.undelivered_names[each.key]}.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = local.undelivered_names[each.key] }
  statistic           = "Maximum"
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

moved {
  from = aws_sqs_queue.dead_letters
  to   = aws_sqs_queue.undelivered
}

moved {
  from = aws_sqs_queue_policy.dead_letters
  to   = aws_sqs_queue_policy.undelivered
}

moved {
  from = aws_cloudwatch_metric_alarm.unreported
  to   = aws_cloudwatch_metric_alarm.undelivered
}
