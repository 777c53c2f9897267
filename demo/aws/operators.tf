# The inbox of the operators: a queue instead of an email address, so that the demonstration can print its messages.

resource "aws_sqs_queue" "operators" {
  name = "operators"
}

resource "aws_sqs_queue_policy" "operators" {
  queue_url = aws_sqs_queue.operators.url
  policy    = data.aws_iam_policy_document.operators.json
}

data "aws_iam_policy_document" "operators" {
  statement {
    sid       = "FailureTopicSends"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.operators.arn]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [module.domain.domain_object.failure_topic_arn]
    }
  }
}

resource "aws_sns_topic_subscription" "operators" {
  topic_arn            = module.domain.domain_object.failure_topic_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.operators.arn
  raw_message_delivery = true

  depends_on = [aws_sqs_queue_policy.operators]
}
