resource "aws_scheduler_schedule" "this" {
  for_each = toset(local.trigger.type == "schedule" ? ["this"] : [])

  name                         = local.names.trigger
  description                  = "Starts ${local.full_name}"
  schedule_expression          = local.trigger.schedule
  schedule_expression_timezone = local.trigger.time_zone
  state                        = local.trigger.start_disabled ? "DISABLED" : "ENABLED"
  kms_key_arn                  = local.domain.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.this.arn
    role_arn = aws_iam_role.trigger["this"].arn
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    input = replace(replace(
      jsonencode(merge(jsondecode(local.trigger.parameters), { time = "<aws.scheduler.scheduled-time>" })),
      "\\u003c", "<"), "\\u003e", ">",
    )

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters["this"].arn
    }
  }

  depends_on = [aws_iam_role_policy.trigger]
}
