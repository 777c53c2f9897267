# A function that investigates each failed execution of the domain's pipelines and reports it to Slack.
# It depends on the failsafe and on the state machines only through the events that Step Functions sends.
locals {
  # The keys are known during the plan, also if the secret is created in the same configuration.
  failure_reports_enabled = contains(try(keys(var.failure_reports), []), "slack_secret_arn")
  failure_reports         = toset(local.failure_reports_enabled ? [local.names.failure_reports] : [])

  # datalake_sdk/failure_reports/function.py uses the same prefix.
  failure_reports_prefix = "failure_reports/"
}

module "failure_reports_image" {
  source   = "../modules/build_and_upload_image_to_ecr"
  for_each = local.failure_reports

  repository_name   = each.value
  dockerfile        = "${path.module}/failure_reports/Dockerfile"
  context_command   = module.sdk.context_command
  build_arguments   = { SDK_VERSION = module.sdk.version }
  base_image        = module.settings.base_images.failsafe
  container_cli     = var.container_cli
  pip_configuration = module.sdk.pip_configuration
  kms_key_arn       = var.kms_key_arn
  tags              = local.tags
}

resource "aws_lambda_function" "failure_reports" {
  for_each = aws_cloudwatch_log_group.failure_reports

  function_name = each.key
  description   = "Investigates failed executions of ${local.environment} and reports them to Slack"
  role          = aws_iam_role.failure_reports[each.key].arn
  package_type  = "Image"
  image_uri     = module.failure_reports_image[each.key].image_uri
  timeout       = 120
  memory_size   = 1024
  kms_key_arn   = var.kms_key_arn
  tags          = local.tags

  environment {
    variables = merge(
      {
        PROJECT_NAME     = var.project_name
        DOMAIN_NAME      = var.domain_name
        STAGE_NAME       = local.stage_name
        SLACK_SECRET_ARN = module.settings.failure_reports.slack_secret_arn
      },
      { for channel in module.settings.failure_reports.slack_channel[*] : "SLACK_CHANNEL" => channel },
      { for profile in local.investigation_profiles : "INVESTIGATION_MODEL_ARN" => profile.arn },
    )
  }

  logging_config {
    log_format = "JSON"
    log_group  = each.value.name
  }

  dead_letter_config {
    target_arn = local.undelivered_arns[each.key]
  }

  depends_on = [
    aws_ecr_repository_policy.failure_reports,
    aws_iam_role_policy.failure_reports,
    aws_iam_role_policy.investigation,
  ]
}

# Otherwise Lambda adds this statement itself, if the identity that runs Terraform may change repository policies.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
resource "aws_ecr_repository_policy" "failure_reports" {
  for_each = module.failure_reports_image

  repository = each.value.repository_name
  policy     = data.aws_iam_policy_document.failure_reports_image.json
}

data "aws_iam_policy_document" "failure_reports_image" {
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
      values   = ["arn:${local.partition}:lambda:${local.account}:function:${local.names.failure_reports}"]
    }
  }
}

resource "aws_cloudwatch_log_group" "failure_reports" {
  for_each = local.failure_reports

  name              = "/aws/lambda/${each.value}"
  retention_in_days = module.settings.data_retention.log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_iam_role" "failure_reports" {
  for_each = local.failure_reports

  name                 = each.value
  description          = "Reports of failures of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.failsafe_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy" "failure_reports" {
  for_each = aws_iam_role.failure_reports

  name   = "failure_reports"
  role   = each.value.name
  policy = data.aws_iam_policy_document.failure_reports[each.key].json
}
