locals {
  trigger_services = {
    none     = null
    schedule = "scheduler.amazonaws.com"
    s3       = local.is_batched ? "pipes.amazonaws.com" : "events.amazonaws.com"
    event    = "events.amazonaws.com"
  }
  trigger_service = local.trigger_services[local.trigger.type]
}

resource "aws_iam_role" "trigger" {
  for_each = toset(local.trigger_service == null ? [] : ["this"])

  name                 = local.names.trigger
  description          = "Starts executions of ${local.full_name}"
  assume_role_policy   = data.aws_iam_policy_document.trigger_trust[each.key].json
  path                 = local.domain.role_path
  permissions_boundary = local.domain.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "trigger_trust" {
  for_each = toset(local.trigger_service == null ? [] : ["this"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [local.trigger_service]
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
  for_each = aws_iam_role.trigger

  statement {
    sid       = "Start"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  dynamic "statement" {
    for_each = local.trigger.type == "schedule" ? [aws_sqs_queue.dead_letters["this"].arn] : []

    content {
      sid       = "SendDeadLetters"
      actions   = ["sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = aws_sqs_queue.batch

    content {
      sid       = "ReceiveMessages"
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = local.trigger.type == "schedule" ? local.domain.kms_key_arn[*] : []

    content {
      sid       = "ReadSchedule"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}
