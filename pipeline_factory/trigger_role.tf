locals {
  trigger_services = {
    for name, trigger in local.triggers : name => (
      contains(keys(local.batched_triggers), name) ? "pipes.amazonaws.com" : {
        schedule = "scheduler.amazonaws.com"
        s3       = "events.amazonaws.com"
        event    = "events.amazonaws.com"
      }[trigger.type]
    )
  }
}

resource "aws_iam_role" "trigger" {
  for_each = local.trigger_services

  name                 = local.trigger_names[each.key]
  description          = "Starts executions of ${local.full_name}"
  assume_role_policy   = data.aws_iam_policy_document.trigger_trust[each.key].json
  path                 = local.domain.role_path
  permissions_boundary = local.domain.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "trigger_trust" {
  for_each = local.trigger_services

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.domain.account_id]
    }
  }
}

resource "aws_iam_role_policy" "trigger" {
  for_each = aws_iam_role.trigger

  name   = "trigger"
  role   = each.value.name
  policy = data.aws_iam_policy_document.trigger[each.key].json
}

data "aws_iam_policy_document" "trigger" {
  for_each = local.trigger_services

  statement {
    sid       = "Start"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  dynamic "statement" {
    for_each = contains(keys(local.schedules), each.key) ? [local.dead_letter_queue_arns[each.key]] : []

    content {
      sid       = "SendDeadLetters"
      actions   = ["sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = [for name, arn in local.batch_queue_arns : arn if name == each.key]

    content {
      sid       = "ReceiveMessages"
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = contains(keys(local.schedules), each.key) ? local.domain.kms_key_arn[*] : []

    content {
      sid       = "ReadSchedule"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}
