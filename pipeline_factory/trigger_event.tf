resource "aws_cloudwatch_event_rule" "event" {
  for_each = local.event_triggers

  name          = local.trigger_names[each.key]
  description   = "Starts ${local.full_name}"
  event_pattern = each.value.event_pattern
  state         = each.value.start_disabled ? "DISABLED" : "ENABLED"
  tags          = local.tags

  lifecycle {
    # An apply does not resume a trigger that was paused.
    ignore_changes = [state]
  }
}

resource "aws_cloudwatch_event_target" "event" {
  for_each = aws_cloudwatch_event_rule.event

  rule      = each.value.name
  target_id = "pipeline"
  arn       = aws_sfn_state_machine.this.arn
  role_arn  = aws_iam_role.trigger[each.key].arn

  input_transformer {
    input_paths    = { time = "$.time", detail = "$.detail" }
    input_template = local.event_inputs[each.key]
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[each.key].arn
  }

  depends_on = [aws_ssm_parameter.dataset, aws_iam_role_policy.trigger, aws_sqs_queue_policy.dead_letters]
}

moved {
  from = aws_cloudwatch_event_rule.trigger["event"]
  to   = aws_cloudwatch_event_rule.event["this"]
}

moved {
  from = aws_cloudwatch_event_target.trigger["event"]
  to   = aws_cloudwatch_event_target.event["this"]
}
