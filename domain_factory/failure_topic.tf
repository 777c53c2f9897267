resource "aws_sns_topic" "failures" {
  name              = local.failure_topic_name
  display_name      = "Failures of ${local.environment}"
  kms_master_key_id = var.kms_key_arn
  tags              = local.tags
}

resource "aws_sns_topic_subscription" "failures" {
  for_each = var.failure_notification_receivers

  topic_arn = aws_sns_topic.failures.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_policy" "failures" {
  arn    = aws_sns_topic.failures.arn
  policy = data.aws_iam_policy_document.failure_topic.json
}

data "aws_iam_policy_document" "failure_topic" {
  source_policy_documents = [module.failure_topic_tls_only.json]

  statement {
    sid       = "RulesPublish"
    actions   = ["sns:Publish"]
    resources = [local.failure_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:events:${local.account}:rule/${local.environment}_*"]
    }
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [local.failure_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:cloudwatch:${local.account}:alarm:${local.environment}_*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
  statement {
    sid       = "BudgetPublishes"
    actions   = ["sns:Publish"]
    resources = [local.failure_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:budgets::${local.account_id}:*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

module "failure_topic_tls_only" {
  source = "../modules/tls_only"

  actions   = ["sns:Publish"]
  resources = [local.failure_topic_arn]
}
