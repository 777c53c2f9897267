# Rows that wait for a commit.
resource "aws_sqs_queue" "rows" {
  name                      = module.names.names.queue
  message_retention_seconds = 345600
  sqs_managed_sse_enabled   = true
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * local.functions.write.timeout + var.commit_seconds
  tags                       = local.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_policy" "rows" {
  queue_url = aws_sqs_queue.rows.url
  policy    = module.rows_tls_only.json
}

module "rows_tls_only" {
  source = "../tls_only"

  actions   = ["sqs:*"]
  resources = [aws_sqs_queue.rows.arn]
}

# Requests that could not be written. A redrive returns them to the queue.
resource "aws_sqs_queue" "dead_letters" {
  name                      = module.names.names.dead_letters
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = module.dead_letters_tls_only.json
}

module "dead_letters_tls_only" {
  source = "../tls_only"

  actions   = ["sqs:*"]
  resources = [aws_sqs_queue.dead_letters.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = try(local.domain.alarms.enabled, false) ? { this = aws_sqs_queue.dead_letters } : {}

  alarm_name = each.value.name
  alarm_description = join(" ", [
    "Ingestion API ${local.full_name}: requests could not be written. The log group of the function",
    "${module.names.names.write} gives the reason. Start a redrive of the queue ${each.value.name} after a repair.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.domain.failure_topic_arn]
  tags                = local.tags
}
