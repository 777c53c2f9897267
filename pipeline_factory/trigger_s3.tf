locals {
  key_patterns = {
    for name, trigger in local.object_triggers : name => {
      all    = { exists = true }
      prefix = { prefix = trigger.prefix }
      suffix = { suffix = trigger.suffix }
      both   = { wildcard = "${trigger.prefix}*${trigger.suffix}" }
    }[trigger.prefix == "" ? (trigger.suffix == "" ? "all" : "suffix") : (trigger.suffix == "" ? "prefix" : "both")]
  }
}

resource "aws_cloudwatch_event_rule" "s3" {
  for_each = local.object_triggers

  name        = local.trigger_names[each.key]
  description = "Starts ${local.full_name}"
  state       = each.value.start_disabled ? "DISABLED" : "ENABLED"
  tags        = local.tags

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail        = { bucket = { name = [each.value.bucket] }, object = { key = [local.key_patterns[each.key]] } }
  })

  lifecycle {
    # An apply does not resume a trigger that was paused.
    ignore_changes = [state]
  }
}

resource "aws_cloudwatch_event_target" "s3" {
  for_each = aws_cloudwatch_event_rule.s3

  rule      = each.value.name
  target_id = "pipeline"
  arn       = try(aws_sqs_queue.batch[each.key].arn, aws_sfn_state_machine.this.arn)
  role_arn  = contains(keys(local.batched_triggers), each.key) ? null : aws_iam_role.trigger[each.key].arn

  input_transformer {
    input_paths = {
      time   = "$.time"
      bucket = "$.detail.bucket.name"
      key    = "$.detail.object.key"
      size   = "$.detail.object.size"
    }
    input_template = local.event_inputs[each.key]
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[each.key].arn
  }

  depends_on = [
    aws_iam_role_policy.trigger,
    aws_sqs_queue_policy.batch,
    aws_sqs_queue_policy.dead_letters,
    aws_ssm_parameter.dataset,
  ]
}

moved {
  from = aws_cloudwatch_event_rule.trigger["s3"]
  to   = aws_cloudwatch_event_rule.s3["this"]
}

moved {
  from = aws_cloudwatch_event_target.trigger["s3"]
  to   = aws_cloudwatch_event_target.s3["this"]
}
