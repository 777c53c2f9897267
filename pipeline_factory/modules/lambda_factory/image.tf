locals {
  # Also used by `datalake_sdk run_task --task-folder`.
  image = "${path.module}/../../../datalake_sdk/task_images/native"
  extra = var.task.type == "dlt" ? { EXTRA = "dlt" } : {}
}

module "image" {
  source = "../../../modules/build_and_upload_image_to_ecr"

  repository_name = var.name
  dockerfile      = "${local.image}/Dockerfile"
  context = merge({
    "code"             = "${var.task.path}/code"
    "requirements.txt" = var.task.requirements
    "sandbox.ipynb"    = "${local.image}/sandbox.ipynb"
    }, {
    for module in var.task.shared_modules : "code/${basename(module)}" => module
  })
  context_command            = var.sdk.context_command
  build_arguments            = merge({ SDK_VERSION = var.sdk.version, LAMBDA = "true" }, local.extra)
  pip_configuration          = var.pip_configuration
  base_image                 = var.domain.base_images.python
  platform                   = var.task.infra_config.architecture == "ARM64" ? "linux/arm64" : "linux/amd64"
  container_cli              = var.domain.container_cli
  additional_rebuild_trigger = var.task.additional_rebuild_trigger
  kms_key_arn                = var.domain.kms_key_arn
  tags                       = var.tags
}

# Otherwise Lambda adds this statement itself, if the identity that runs Terraform may change repository policies.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
resource "aws_ecr_repository_policy" "lambda" {
  repository = module.image.repository_name
  policy     = data.aws_iam_policy_document.pull.json
}

data "aws_iam_policy_document" "pull" {
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
      values   = local.function_arn_patterns
    }
  }
}
