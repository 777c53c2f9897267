# Events, schedules and batches of objects that started no execution, and failure notifications that were not delivered.
locals {
  dead_letter_queues = merge(local.dead_letter_names, { notifications = local.names.undelivered })

  # A schedule sends messages with its role.
  # https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
  dead_letter_rules = merge(
    { for name in keys(local.triggers) : name => [for key, arn in local.event_rule_arns : arn if key == name] },
    {
      # The pattern includes the rules of later datasets.
      notifications = concat([aws_cloudwatch_event_rule.failures.arn], [
        for prefix in [local.dataset_failures_prefix] :
        "arn:${local.partition}:events:${local.account}:rule/${substr(prefix, 0, 54)}*" if local.serves_datasets
      ])
    },
  )
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.dead_letter_queues

  name                      = each.value
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = aws_sqs_queue.dead_letters

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.dead_letters[each.key].json
}

locals {
  dead_letter_queue_arns = { for name, queue in aws_sqs_queue.dead_letters : name => queue.arn }
}

data "aws_iam_policy_document" "dead_letters" {
  for_each = local.dead_letter_queues

  source_policy_documents = [module.dead_letters_tls_only[each.key].json]

  dynamic "statement" {
    for_each = length(local.dead_letter_rules[each.key]) > 0 ? ["events.amazonaws.com"] : []

    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    content {
      sid       = "ReceiveUndeliveredEvents"
      actions   = ["sqs:SendMessage"]
      resources = [local.dead_letter_queue_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = local.dead_letter_rules[each.key]
      }
    }
  }
}

module "dead_letters_tls_only" {
  source   = "../modules/tls_only"
  for_each = aws_sqs_queue.dead_letters

  actions   = ["sqs:*"]
  resources = [each.value.arn]
}
