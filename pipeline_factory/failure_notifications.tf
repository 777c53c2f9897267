locals {
  console        = "https://${local.domain.region}.console.aws.amazon.com"
  states_console = "${local.console}/states/home?region=${local.domain.region}#"
  execution_link = "${local.states_console}/v2/executions/details/<execution>"
  # The group of each task starts with the name of the pipeline. The console encodes "?" and "=" after "#" with "$".
  logs_link = join("", [
    "${local.console}/cloudwatch/home?region=${local.domain.region}#logsV2:log-groups$3FlogGroupNameFilter$3D",
    local.full_name,
  ])

  redrive_command = join(" ", [
    "datalake_sdk -p ${local.domain.project_name} -d ${local.domain.domain_name} -s ${local.domain.stage_name} redrive",
    "--pipeline-name ${var.pipeline_name} --execution <name>",
  ])

  failure_topic_arns = merge(
    { domain = local.domain.failure_topic_arn },
    { for name, topic in aws_sns_topic.failures : "pipeline" => topic.arn if name == "this" },
  )

  # By name of the topic: `this` of the pipeline, and those of datasets.
  failure_receivers = merge(
    { for receivers in [var.failure_notification_receivers] : "this" => receivers if length(receivers) > 0 },
    { for name, dataset in local.notified_datasets : name => dataset.failure_notification_receivers },
  )
  failure_topic_names = module.failure_topic_names.names
  failure_subscriptions = merge([
    for name, receivers in local.failure_receivers : {
      for receiver in receivers :
      (name == "this" ? receiver : "${name} ${receiver}") => { topic = name, receiver = receiver }
    }
  ]...)

  failure_paths = {
    name      = "$.detail.name"
    status    = "$.detail.status"
    error     = "$.detail.error"
    cause     = "$.detail.cause"
    execution = "$.detail.executionArn"
  }
  # EventBridge expects each line as a quoted string, and does not escape the values that it inserts. The cause starts
  # with the name of the task and ends with a traceback.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
  failure_message = join("\n", [for line in [
    "Pipeline ${var.pipeline_name} of ${local.environment}: <status>",
    "Error: <error>",
    "Execution: ${local.execution_link}",
    "Logs: ${local.logs_link}",
    "After a fix outside of the pipeline, continue the execution: ${local.redrive_command}",
    "Task: <cause>",
  ] : "\"${line}\""])
}

module "failure_topic_names" {
  source = "../modules/names"
  names = {
    for name in keys(local.failure_receivers) :
    name => name == "this" ? local.names.failures : "${local.full_name}-failures-${name}"
  }
}

resource "aws_cloudwatch_event_rule" "failures" {
  name        = local.names.failures
  description = "Failed executions of ${local.full_name}"
  tags        = local.tags

  # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = [local.state_machine_arn]
    }
  })
}

resource "aws_cloudwatch_event_target" "failures" {
  for_each = local.failure_topic_arns

  rule      = aws_cloudwatch_event_rule.failures.name
  target_id = each.key
  arn       = each.value

  input_transformer {
    input_paths    = local.failure_paths
    input_template = local.failure_message
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters["notifications"].arn
  }

  depends_on = [aws_sqs_queue_policy.dead_letters]
}

resource "aws_sns_topic" "failures" {
  for_each = local.failure_receivers

  name              = local.failure_topic_names[each.key]
  display_name      = "Failures of ${each.key == "this" ? var.pipeline_name : each.key}"
  kms_master_key_id = local.domain.kms_key_arn
  tags              = merge(local.tags, { for name in [each.key] : "dataset" => name if name != "this" })
}

resource "aws_sns_topic_policy" "failures" {
  for_each = aws_sns_topic.failures

  arn    = each.value.arn
  policy = data.aws_iam_policy_document.failures[each.key].json
}

locals {
  failure_topics = { for name, topic in aws_sns_topic.failures : name => topic.arn }
  failure_rule_arns = merge(
    { this = aws_cloudwatch_event_rule.failures.arn },
    { for name, rule in aws_cloudwatch_event_rule.dataset_failures : name => rule.arn },
  )
}

data "aws_iam_policy_document" "failures" {
  for_each = local.failure_receivers

  source_policy_documents = [module.failures_tls_only[each.key].json]

  statement {
    sid       = "RulePublishes"
    actions   = ["sns:Publish"]
    resources = [local.failure_topics[each.key]]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.failure_rule_arns[each.key]]
    }
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [local.failure_topics[each.key]]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      # Alarms of queues have their names, which modules/names truncates.
      values = ["arn:${local.partition}:cloudwatch:${local.account}:alarm:${substr("${local.full_name}-", 0, 54)}*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.domain.account_id]
    }
  }
}

module "failures_tls_only" {
  source   = "../modules/tls_only"
  for_each = aws_sns_topic.failures

  actions   = ["sns:Publish"]
  resources = [each.value.arn]
}

resource "aws_sns_topic_subscription" "failures" {
  for_each = local.failure_subscriptions

  topic_arn = aws_sns_topic.failures[each.value.topic].arn
  protocol  = "email"
  endpoint  = each.value.receiver
}
