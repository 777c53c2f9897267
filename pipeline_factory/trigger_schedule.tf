resource "aws_scheduler_schedule" "this" {
  for_each = local.schedules

  name                         = local.trigger_names[each.key]
  description                  = "Starts ${local.full_name}"
  schedule_expression          = each.value.schedule
  schedule_expression_timezone = each.value.time_zone
  state                        = each.value.start_disabled ? "DISABLED" : "ENABLED"
  kms_key_arn                  = local.domain.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.this.arn
    role_arn = aws_iam_role.trigger[each.key].arn
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    input = replace(replace(
      jsonencode(merge(jsondecode(each.value.parameters), { time = "<aws.scheduler.scheduled-time>" })),
      "\\u003c", "<"), "\\u003e", ">",
    )

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters[each.key].arn
    }
  }

  lifecycle {
    # An apply does not resume a trigger that was paused.
    ignore_changes = [state]
  }

  depends_on = [aws_ssm_parameter.dataset, aws_iam_role_policy.trigger]
}
