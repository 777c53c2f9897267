# The function that writes has the permissions of a task that writes the table.
module "writer" {
  source = "../../pipeline_factory/modules/task_role"

  name             = module.names.names.write
  service          = "lambda.amazonaws.com"
  domain           = local.domain
  input_tables     = []
  output_tables    = [var.table]
  readable_objects = ["${local.domain.technical_bucket}/${local.batches_prefix}*"]
  writable_objects = ["${local.domain.technical_bucket}/${local.batches_prefix}*"]
  log_group_name   = aws_cloudwatch_log_group.this["write"].name
  additional_permissions = {
    receive = {
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [aws_sqs_queue.rows.arn]
    }
    claim = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.requests.arn]
    }
  }
  tags = local.tags
}

resource "aws_iam_role" "accept" {
  name                 = module.names.names.accept
  description          = "Ingestion API ${local.full_name}: accept"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  path                 = local.domain.role_path
  permissions_boundary = local.domain.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "accept" {
  name   = "accept"
  role   = aws_iam_role.accept.name
  policy = data.aws_iam_policy_document.accept.json
}

data "aws_iam_policy_document" "accept" {
  statement {
    sid       = "Send"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.rows.arn]
  }

  statement {
    sid       = "Remember"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.requests.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this["accept"].arn}:*"]
  }

  dynamic "statement" {
    for_each = local.domain.kms_key_arn[*]

    content {
      sid       = "Encrypt"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}
