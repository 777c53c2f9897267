# Notifications of failures of a dataset, in addition to those of the pipeline and of the domain.
locals {
  notified_datasets = {
    for name, dataset in local.datasets : name => dataset if length(dataset.failure_notification_receivers) > 0
  }
  dataset_failures_prefix = "${local.full_name}-failures-"
}

resource "aws_cloudwatch_event_rule" "dataset_failures" {
  for_each = local.notified_datasets

  name        = local.failure_topic_names[each.key]
  description = "Failed executions of ${local.full_name} for ${each.key}"
  tags        = merge(local.tags, { dataset = each.key })

  # The input is a string in the event.
  # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = [local.state_machine_arn]
      input           = [for separator in [":", ": "] : { wildcard = "*\"dataset\"${separator}\"${each.key}\"*" }]
    }
  })
}

resource "aws_cloudwatch_event_target" "dataset_failures" {
  for_each = aws_cloudwatch_event_rule.dataset_failures

  rule      = each.value.name
  target_id = "dataset"
  arn       = aws_sns_topic.failures[each.key].arn

  input_transformer {
    input_paths    = local.failure_paths
    input_template = "\"Dataset: ${each.key}\"\n${local.failure_message}"
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters["notifications"].arn
  }

  depends_on = [aws_sqs_queue_policy.dead_letters]
}
