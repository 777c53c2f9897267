# Pages of the console, which encodes "/", "?" and "=" after "#" with "$".
locals {
  console = "https://${var.region}.console.aws.amazon.com"
  logs    = "${local.console}/cloudwatch/home?region=${var.region}#logsV2"

  pages = merge(
    {
      "Executions"    = "${local.console}/states/home?region=${var.region}#/statemachines"
      "Logs of tasks" = "${local.logs}:log-groups$3FlogGroupNameFilter$3D${var.environment}"
      "Alarms"        = "${local.console}/cloudwatch/home?region=${var.region}#alarmsV2:?search=${var.environment}"
      "Tasks"         = "${local.console}/ecs/v2/clusters/${var.environment}/tasks?region=${var.region}"
      "Queries"       = "${local.console}/athena/home?region=${var.region}#/query-editor/history"
      "Queues"        = "${local.console}/sqs/v3/home?region=${var.region}#/queues"
    },
    {
      for name in var.failsafe_name[*] :
      "Log of the failsafe" => "${local.logs}:log-groups/log-group/$252Faws$252Flambda$252F${name}"
    },
  )

  links = join("\n", [
    "# ${var.environment}",
    join(" · ", [for title, page in local.pages : "[${title}](${page})"]),
  ])
}
