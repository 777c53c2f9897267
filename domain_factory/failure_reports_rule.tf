# Every execution that does not succeed, whether a task, the failsafe or Step Functions reported the failure.
resource "aws_cloudwatch_event_rule" "failure_reports" {
  for_each = local.failure_reports

  name        = each.value
  description = "Failed executions of ${local.environment}"
  tags        = local.tags

  # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      status = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = [{
        prefix = "arn:${local.partition}:states:${local.account}:stateMachine:${local.environment}_"
      }]
    }
  })
}

resource "aws_cloudwatch_event_target" "failure_reports" {
  for_each = aws_cloudwatch_event_rule.failure_reports

  rule      = each.value.name
  target_id = "failure_reports"
  arn       = aws_lambda_function.failure_reports[each.key].arn

  dead_letter_config {
    arn = local.undelivered_arns[each.key]
  }

  depends_on = [aws_sqs_queue_policy.undelivered]
}

resource "aws_lambda_permission" "failure_reports" {
  for_each = aws_cloudwatch_event_rule.failure_reports

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.failure_reports[each.key].function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}
