locals {
  unreported_name = "${local.names.failure_reports}_dead_letters"
  unreported_arn  = "arn:${local.partition}:sqs:${local.account}:${local.unreported_name}"

  failure_reports_rule_arn = "arn:${local.partition}:events:${local.account}:rule/${local.names.failure_reports}"
}

# Every execution that does not succeed, whether a task, the failsafe or Step Functions reported the failure.
resource "aws_cloudwatch_event_rule" "failure_reports" {
  for_each = local.failure_reports

  name        = each.value
  description = "Failed executions of ${local.environment}"
  tags        = local.tags

  # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      status = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = [{
        prefix = "arn:${local.partition}:states:${local.account}:stateMachine:${local.environment}_"
      }]
    }
  })
}

resource "aws_cloudwatch_event_target" "failure_reports" {
  for_each = aws_cloudwatch_event_rule.failure_reports

  rule      = each.value.name
  target_id = "failure_reports"
  arn       = aws_lambda_function.failure_reports[each.key].arn

  dead_letter_config {
    arn = local.unreported_arn
  }

  depends_on = [aws_sqs_queue_policy.unreported]
}

resource "aws_lambda_permission" "failure_reports" {
  for_each = aws_cloudwatch_event_rule.failure_reports

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.failure_reports[each.key].function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

# Events that EventBridge could not deliver, or that the function did not process in three attempts.
resource "aws_sqs_queue" "unreported" {
  for_each = local.failure_reports

  name                              = local.unreported_name
  message_retention_seconds         = 1209600
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 3600
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  tags                              = local.tags
}

resource "aws_sqs_queue_policy" "unreported" {
  for_each = aws_sqs_queue.unreported

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.unreported.json
}

data "aws_iam_policy_document" "unreported" {
  source_policy_documents = [module.unreported_tls_only.json]

  statement {
    sid       = "RuleSends"
    actions   = ["sqs:SendMessage"]
    resources = [local.unreported_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.failure_reports_rule_arn]
    }
  }
}

module "unreported_tls_only" {
  source = "../modules/tls_only"

  actions   = ["sqs:*"]
  resources = [local.unreported_arn]
}

# No ok_actions: each new alarm would publish when it changes from INSUFFICIENT_DATA to OK.
resource "aws_cloudwatch_metric_alarm" "unreported" {
  for_each = module.settings.alarms.enabled ? local.failure_reports : []

  alarm_name = "${each.value}-dead-letters"
  alarm_description = join(" ", [
    "Failures of ${local.environment} were not reported to Slack. Read the log group /aws/lambda/${each.value} and the",
    "queue ${local.unreported_name}.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = local.unreported_name }
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
