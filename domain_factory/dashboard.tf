module "dashboard" {
  source = "./modules/dashboard"

  environment   = local.environment
  region        = local.region
  failsafe_name = var.enable_failsafe ? local.names.failsafe : null
  alarm_arns = [
    for alarm in values(aws_cloudwatch_metric_alarm.failsafe) :
    "arn:${local.partition}:cloudwatch:${local.account}:alarm:${alarm.alarm_name}"
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = toset(var.enable_dashboard ? [local.environment] : [])

  dashboard_name = each.value
  dashboard_body = module.dashboard.body
}
