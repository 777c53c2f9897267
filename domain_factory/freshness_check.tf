# A function that compares tables with the freshness and retention that their contracts promise, on a schedule.
locals {
  freshness_check_enabled = contains(try(keys(var.freshness_check), []), "schedule")
  freshness_check         = toset(local.freshness_check_enabled ? [local.names.freshness_check] : [])

  # datalake_sdk/freshness_check/function.py uses the same prefix.
  freshness_check_prefix = "freshness/"

  # Built from names, so that pipelines know during the plan whether to grant permissions.
  freshness_check_role_arn = one([
    for name in local.freshness_check :
    "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${name}"
  ])

  # Layers of which the function reads the tables with permissions of Lake Formation.
  freshness_check_layers = local.freshness_check_enabled && var.enable_lake_formation ? local.layers : {}
}

module "freshness_check_image" {
  source   = "../modules/build_and_upload_image_to_ecr"
  for_each = local.freshness_check

  repository_name   = each.value
  dockerfile        = "${path.module}/freshness_check/Dockerfile"
  context_command   = module.sdk.context_command
  build_arguments   = { SDK_VERSION = module.sdk.version }
  base_image        = module.settings.base_images.failsafe
  container_cli     = var.container_cli
  pip_configuration = module.sdk.pip_configuration
  kms_key_arn       = var.kms_key_arn
  tags              = local.tags
}

resource "aws_lambda_function" "freshness_check" {
  for_each = aws_cloudwatch_log_group.freshness_check

  function_name = each.key
  description   = "Notifies of tables of ${local.environment} that break the freshness or retention of their contracts"
  role          = aws_iam_role.freshness_check[each.key].arn
  package_type  = "Image"
  image_uri     = module.freshness_check_image[each.key].image_uri
  timeout       = 900
  memory_size   = 1024
  kms_key_arn   = var.kms_key_arn
  tags          = local.tags

  environment {
    variables = {
      PROJECT_NAME      = var.project_name
      DOMAIN_NAME       = var.domain_name
      STAGE_NAME        = local.stage_name
      FAILURE_TOPIC_ARN = aws_sns_topic.failures.arn
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = each.value.name
  }

  dead_letter_config {
    target_arn = aws_sns_topic.failures.arn
  }

  depends_on = [aws_ecr_repository_policy.freshness_check, aws_iam_role_policy.freshness_check]
}

# Otherwise Lambda adds this statement itself, if the identity that runs Terraform may change repository policies.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
resource "aws_ecr_repository_policy" "freshness_check" {
  for_each = module.freshness_check_image

  repository = each.value.repository_name
  policy     = data.aws_iam_policy_document.freshness_check_image.json
}

data "aws_iam_policy_document" "freshness_check_image" {
  statement {
    sid     = "LambdaPulls"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:lambda:${local.account}:function:${local.names.freshness_check}"]
    }
  }
}

resource "aws_cloudwatch_log_group" "freshness_check" {
  for_each = local.freshness_check

  name              = "/aws/lambda/${each.value}"
  retention_in_days = module.settings.data_retention.log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_cloudwatch_event_rule" "freshness_check" {
  for_each = local.freshness_check

  name                = each.value
  description         = "Checks the freshness of tables of ${local.environment}"
  schedule_expression = module.settings.freshness_check.schedule
  tags                = local.tags
}

resource "aws_cloudwatch_event_target" "freshness_check" {
  for_each = aws_cloudwatch_event_rule.freshness_check

  rule      = each.value.name
  target_id = "freshness_check"
  arn       = aws_lambda_function.freshness_check[each.key].arn

  dead_letter_config {
    arn = local.undelivered_arns[each.key]
  }

  depends_on = [aws_sqs_queue_policy.undelivered]
}

resource "aws_lambda_permission" "freshness_check" {
  for_each = aws_cloudwatch_event_rule.freshness_check

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.freshness_check[each.key].function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}
