# The functions call only services of AWS, over TLS, so they are in no VPC.
resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116: both are invoked synchronously; dead letters are those of the queue
  for_each = local.functions

  function_name = module.names.names[each.key]
  description   = "Ingestion API ${local.full_name}: ${each.key}"
  role          = { accept = aws_iam_role.accept.arn, write = module.writer.arn }[each.key]
  package_type  = "Image"
  image_uri     = module.image.image_uri
  architectures = ["arm64"]
  timeout       = each.value.timeout
  memory_size   = each.value.memory
  kms_key_arn   = local.domain.kms_key_arn
  tags          = local.tags

  image_config {
    entry_point = ["python", "-m", "awslambdaric"]
    command     = ["datalake_sdk.ingestion_api.functions.${each.value.handler}"]
  }

  # The variables that datalake_sdk/ingestion_api/functions.py reads.
  environment {
    variables = {
      PROJECT_NAME    = local.domain.project_name
      DOMAIN_NAME     = local.domain.domain_name
      STAGE_NAME      = local.domain.stage_name
      TABLE_STORAGE   = local.domain.table_bucket_arn == null ? "s3" : "s3_tables"
      INGESTION_TABLE = var.table
      INGESTION_MODE  = var.ingestion_mode
      UPSERT_KEYS     = join(",", var.upsert_keys)
      PARTITION_KEYS  = join(",", var.partition_keys)
      QUEUE_URL       = aws_sqs_queue.rows.url
      REQUESTS_TABLE  = aws_dynamodb_table.requests.name
      BATCHES_BUCKET  = local.domain.technical_bucket
      BATCHES_PREFIX  = local.batches_prefix
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this[each.key].name
  }

  depends_on = [aws_ecr_repository_policy.functions, aws_iam_role_policy.accept]
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.functions

  name              = "${local.full_name}/${each.key}"
  retention_in_days = local.domain.log_retention_days
  kms_key_id        = local.domain.kms_key_arn
  tags              = local.tags
}

resource "aws_lambda_event_source_mapping" "rows" {
  event_source_arn                   = aws_sqs_queue.rows.arn
  function_name                      = aws_lambda_function.this["write"].arn
  batch_size                         = var.max_requests_per_commit
  maximum_batching_window_in_seconds = var.commit_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  # The smallest number. More writers would only conflict with each other.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
  scaling_config {
    maximum_concurrency = 2
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "HttpApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["accept"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*/requests*"
}
