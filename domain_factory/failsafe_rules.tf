locals {
  # The rules that invoke the failsafe, each with an event pattern or a schedule.
  failsafe_rules = {
    for purpose, rule in {
      failsafe_ecs = {
        description = "A task of ${local.environment} stopped"
        schedule    = null
        pattern = jsonencode({
          source      = ["aws.ecs"]
          detail-type = ["ECS Task State Change"]
          detail      = { clusterArn = [local.ecs_cluster_arn], lastStatus = ["STOPPED"] }
        })
      }
      failsafe_emr = {
        description = "A job run of ${local.environment} failed"
        schedule    = null
        pattern = jsonencode({
          source      = ["aws.emr-serverless"]
          detail-type = ["EMR Serverless Job Run State Change"]
          # Matches every application: the event contains no tags, so the function checks them.
          detail = { state = ["FAILED", "CANCELLED"] }
        })
      }
      failsafe_executions = {
        description = "An execution of ${local.environment} started or ended"
        schedule    = null
        # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        pattern = jsonencode({
          source      = ["aws.states"]
          detail-type = ["Step Functions Execution Status Change"]
          detail = {
            stateMachineArn = [{
              prefix = "arn:${local.partition}:states:${local.account}:stateMachine:${local.environment}_"
            }]
          }
        })
      }
      failsafe_schedule = {
        description = "Stops tasks of ${local.environment} that are too old"
        schedule    = "rate(5 minutes)"
        pattern     = null
      }
    } : local.names[purpose] => rule if var.enable_failsafe && (purpose != "failsafe_emr" || local.emr_is_enabled)
  }
}

resource "aws_cloudwatch_event_rule" "failsafe" {
  for_each = local.failsafe_rules

  name                = each.key
  description         = each.value.description
  event_pattern       = each.value.pattern
  schedule_expression = each.value.schedule
  tags                = local.tags
}

# Errors of the function are published to the failure topic.
resource "aws_cloudwatch_event_target" "failsafe" {
  for_each = aws_cloudwatch_event_rule.failsafe

  rule      = each.value.name
  target_id = "failsafe"
  arn       = aws_lambda_function.failsafe[local.names.failsafe].arn

  dead_letter_config {
    arn = local.undelivered_arns[local.names.failsafe]
  }

  depends_on = [aws_sqs_queue_policy.undelivered]
}

resource "aws_lambda_permission" "failsafe" {
  for_each = aws_cloudwatch_event_rule.failsafe

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.failsafe[local.names.failsafe].function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}
