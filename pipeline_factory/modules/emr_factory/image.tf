locals {
  # Also used by `datalake_sdk run_task --task-folder`.
  image = "${path.module}/../../../datalake_sdk/task_images/spark"

  # Releases 7 have Spark 3.5: doc_resources/spark.md.
  python = startswith(var.domain.emr_serverless.release_label, "emr-7.") ? { PYTHON = "3.11" } : {}
}

module "image" {
  source = "../../../modules/build_and_upload_image_to_ecr"

  repository_name = var.name
  dockerfile      = "${local.image}/Dockerfile"
  context = merge({
    "code"             = "${var.task.path}/code"
    "requirements.txt" = var.task.requirements
    "entry_point.py"   = "${local.image}/entry_point.py"
    "sandbox.ipynb"    = "${local.image}/sandbox.ipynb"
    }, {
    for module in var.task.shared_modules : "code/${basename(module)}" => module
  })
  context_command            = var.sdk.context_command
  build_arguments            = merge({ SDK_VERSION = var.sdk.version }, local.python)
  pip_configuration          = var.pip_configuration
  base_image                 = var.domain.base_images.emr
  platform                   = var.task.infra_config.architecture == "ARM64" ? "linux/arm64" : "linux/amd64"
  container_cli              = var.domain.container_cli
  additional_rebuild_trigger = var.task.additional_rebuild_trigger
  kms_key_arn                = var.domain.kms_key_arn
  tags                       = var.tags
}

resource "aws_ecr_repository_policy" "emr" {
  repository = module.image.repository_name
  policy     = data.aws_iam_policy_document.pull.json
}

data "aws_iam_policy_document" "pull" {
  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/application-custom-image.html
  statement {
    sid     = "Pull"
    actions = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["emr-serverless.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = [
        "arn:${var.domain.partition}:emr-serverless:${var.domain.region}:${var.domain.account_id}:/applications/*",
      ]
    }
  }
}
