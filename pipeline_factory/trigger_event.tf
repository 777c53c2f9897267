locals {
  is_batched = local.trigger.type == "s3" && local.trigger.batch_window_seconds != null

  key_patterns = {
    all    = [{ exists = true }]
    prefix = [{ prefix = local.trigger.prefix }]
    suffix = [{ suffix = local.trigger.suffix }]
    both   = [{ wildcard = "${local.trigger.prefix}*${local.trigger.suffix}" }]
  }
  key_pattern = local.key_patterns[
    local.trigger.prefix == "" ? (local.trigger.suffix == "" ? "all" : "suffix") : (
      local.trigger.suffix == "" ? "prefix" : "both"
    )
  ]

  event_patterns = {
    event = local.trigger.event_pattern
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    s3 = jsonencode({
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail        = { bucket = { name = [local.trigger.bucket] }, object = { key = local.key_pattern } }
    })
  }
  # Only some fields of an object's event, since ECS limits overrides to 8192 characters.
  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
  event_details = {
    event = "<detail>"
    s3    = { bucket = { name = "<bucket>" }, object = { key = "<key>", size = "<size>" } }
  }
  event_paths = {
    event = { time = "$.time", detail = "$.detail" }
    s3 = {
      time   = "$.time"
      bucket = "$.detail.bucket.name"
      key    = "$.detail.object.key"
      size   = "$.detail.object.size"
    }
  }
  # EventBridge replaces <name> with the value as JSON, including the quotes of a string.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
  event_input = { for type, detail in local.event_details : type => replace(
    jsonencode(merge(jsondecode(local.trigger.parameters), { time = "<time>", detail = detail })),
    "/\"\\\\u003c([a-z]+)\\\\u003e\"/", "<$1>",
  ) }
}

resource "aws_cloudwatch_event_rule" "trigger" {
  for_each = toset(contains(["s3", "event"], local.trigger.type) ? [local.trigger.type] : [])

  name          = local.names.trigger
  description   = "Starts ${local.full_name}"
  event_pattern = local.event_patterns[each.key]
  state         = local.trigger.start_disabled ? "DISABLED" : "ENABLED"
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "trigger" {
  for_each = aws_cloudwatch_event_rule.trigger

  rule      = each.value.name
  target_id = "pipeline"
  arn       = local.is_batched ? aws_sqs_queue.batch["this"].arn : aws_sfn_state_machine.this.arn
  role_arn  = local.is_batched ? null : aws_iam_role.trigger["this"].arn

  input_transformer {
    input_paths    = local.event_paths[each.key]
    input_template = local.event_input[each.key]
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters["this"].arn
  }

  depends_on = [aws_iam_role_policy.trigger, aws_sqs_queue_policy.batch, aws_sqs_queue_policy.dead_letters]
}
