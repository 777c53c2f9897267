locals {
  # A forecast requires about five weeks of cost data.
  # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
  budget_notifications = {
    spent_80_percent  = { type = "ACTUAL", percentage = 80 }
    spent_100_percent = { type = "ACTUAL", percentage = 100 }
    forecast          = { type = "FORECASTED", percentage = 100 }
  }
}

resource "aws_budgets_budget" "this" {
  for_each = toset(var.monthly_budget_usd == null ? [] : [local.environment])

  name         = each.value
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = local.tags

  # Values of the same tag are alternatives; different tags must all match.
  # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
  cost_filter {
    name   = "TagKeyValue"
    values = [for name in ["domain_name", "project_name", "stage_name"] : format("user:%s$%s", name, local.tags[name])]
  }

  dynamic "notification" {
    for_each = local.budget_notifications

    content {
      notification_type         = notification.value.type
      threshold                 = notification.value.percentage
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.failures.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.failures]
}
