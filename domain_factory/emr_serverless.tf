locals {
  # Releases 7 have Spark 3.5: doc_resources/spark.md.
  emr_python = startswith(module.settings.emr_serverless.release_label, "emr-7.") ? { PYTHON = "3.11" } : {}

  # Settings that cannot change while the application is started.
  emr_settings = jsonencode([
    values(module.emr_sandbox_image)[*].image_uri,
    module.settings.emr_serverless,
    var.enable_emr_studio,
    local.subnet_ids,
    values(aws_security_group.spark)[*].id,
  ])
}

module "emr_sandbox_image" {
  source   = "../modules/build_and_upload_image_to_ecr"
  for_each = toset(local.emr_is_enabled ? ["${local.environment}_emr_sandbox"] : [])

  repository_name   = each.value
  dockerfile        = "${path.module}/emr_sandbox/Dockerfile"
  context_command   = module.sdk.context_command
  build_arguments   = merge({ SDK_VERSION = module.sdk.version }, local.emr_python)
  base_image        = local.base_images.emr
  platform          = module.settings.emr_serverless.architecture == "ARM64" ? "linux/arm64" : "linux/amd64"
  container_cli     = var.container_cli
  pip_configuration = module.sdk.pip_configuration
  kms_key_arn       = var.kms_key_arn
  tags              = local.tags
}

# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/application-custom-image.html
resource "aws_ecr_repository_policy" "emr_sandbox" {
  for_each = module.emr_sandbox_image

  repository = each.value.repository_name
  policy     = data.aws_iam_policy_document.emr_sandbox_image.json
}

data "aws_iam_policy_document" "emr_sandbox_image" {
  statement {
    sid     = "EmrServerlessPulls"
    actions = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["emr-serverless.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:emr-serverless:${local.account}:/applications/*"]
    }
  }
}

resource "aws_emrserverless_application" "this" {
  for_each = aws_ecr_repository_policy.emr_sandbox

  name          = module.emr_stop.application_name
  type          = "spark"
  release_label = module.settings.emr_serverless.release_label
  architecture  = module.settings.emr_serverless.architecture
  tags          = local.tags

  image_configuration {
    image_uri = module.emr_sandbox_image[each.key].image_uri
  }

  interactive_configuration {
    studio_enabled        = var.enable_emr_studio
    livy_endpoint_enabled = var.enable_emr_studio
  }

  maximum_capacity {
    cpu    = "${module.settings.emr_serverless.maximum_vcpus} vCPU"
    memory = "${module.settings.emr_serverless.maximum_memory_gb} GB"
  }

  auto_stop_configuration {
    enabled              = true
    idle_timeout_minutes = module.settings.emr_serverless.idle_minutes
  }

  network_configuration {
    subnet_ids         = local.subnet_ids
    security_group_ids = [for group in aws_security_group.spark : group.id]
  }
}

module "emr_stop" {
  source = "../modules/stopped_application"

  application_name = local.environment
  application_id   = one(values(aws_emrserverless_application.this)[*].id)
  enabled          = local.emr_is_enabled
  region           = local.region
  settings         = local.emr_settings
}
