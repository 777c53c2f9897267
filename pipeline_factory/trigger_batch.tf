# Events of objects are queued; a pipe batches them and starts one execution per batch.
resource "aws_sqs_queue" "batch" {
  for_each = local.batched_triggers

  name                       = local.trigger_names[each.key]
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 360
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[each.key].arn
    maxReceiveCount     = 5
  })
  tags = local.tags
}

resource "aws_sqs_queue_policy" "batch" {
  for_each = aws_sqs_queue.batch

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.batch[each.key].json
}

# A data source that refers to a resource is read during the apply if any instance of the resource changes; one that
# refers to a local value only if its own values are unknown.
# https://developer.hashicorp.com/terraform/language/data-sources#data-resource-behavior
locals {
  batch_queue_arns = { for name, queue in aws_sqs_queue.batch : name => queue.arn }
  event_rule_arns  = { for name, rule in local.event_rules : name => rule.arn }
}

data "aws_iam_policy_document" "batch" {
  for_each = local.batched_triggers

  source_policy_documents = [module.batch_tls_only[each.key].json]

  statement {
    sid       = "ReceiveEvents"
    actions   = ["sqs:SendMessage"]
    resources = [local.batch_queue_arns[each.key]]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.event_rule_arns[each.key]]
    }
  }
}

module "batch_tls_only" {
  source   = "../modules/tls_only"
  for_each = aws_sqs_queue.batch

  actions   = ["sqs:*"]
  resources = [each.value.arn]
}

resource "aws_pipes_pipe" "batch" {
  for_each = aws_sqs_queue.batch

  name        = local.trigger_names[each.key]
  description = "Starts ${local.full_name}"
  role_arn    = aws_iam_role.trigger[each.key].arn
  source      = each.value.arn
  target      = aws_sfn_state_machine.this.arn
  tags        = local.tags

  source_parameters {
    sqs_queue_parameters {
      batch_size                         = local.triggers[each.key].batch_size
      maximum_batching_window_in_seconds = local.triggers[each.key].batch_window_seconds
    }
  }

  target_parameters {
    input_template = "<$.body>"

    step_function_state_machine_parameters {
      invocation_type = "FIRE_AND_FORGET"
    }
  }

  lifecycle {
    # An apply does not resume a trigger that was paused.
    ignore_changes = [desired_state]
  }

  depends_on = [aws_ssm_parameter.dataset, aws_iam_role_policy.trigger]
}
