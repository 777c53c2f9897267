# Permissions of the function that reports failures: it reads executions and logs, and changes nothing in the domain
# except its own markers.
data "aws_iam_policy_document" "failure_reports" {
  for_each = local.failure_reports

  statement {
    sid     = "Pipelines"
    actions = ["ssm:GetParametersByPath"]
    resources = [
      "arn:${local.partition}:ssm:${local.account}:parameter/datalake/${local.environment}",
      "arn:${local.partition}:ssm:${local.account}:parameter/datalake/${local.environment}/*",
    ]
  }

  statement {
    sid       = "Executions"
    actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
    resources = ["arn:${local.partition}:states:${local.account}:execution:${local.environment}_*:*"]
  }

  statement {
    sid       = "TaskLogs"
    actions   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.account}:log-group:${local.environment}_*"]
  }

  statement {
    sid       = "Receiver"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [module.settings.failure_reports.slack_secret_arn]
  }

  # The key of the secret may be another than that of the domain.
  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  statement {
    sid       = "ReceiverKey"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${local.partition}:kms:${local.region}:*:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [module.settings.failure_reports.slack_secret_arn]
    }
  }

  statement {
    sid       = "Markers"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arns["technical"]}/${local.failure_reports_prefix}*"]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.account}:log-group:/aws/lambda/${each.value}:*"]
  }

  statement {
    sid       = "DeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [local.undelivered_arns[each.key]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "Encryption"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}
