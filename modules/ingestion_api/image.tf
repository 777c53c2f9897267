# One image for both functions: the SDK and the table file.
module "image" {
  source = "../build_and_upload_image_to_ecr"

  repository_name = local.full_name
  dockerfile      = "${path.module}/../../datalake_sdk/task_images/native/Dockerfile"
  context = {
    "code/tables_configuration/${var.table}.yaml" = var.table_file
    "requirements.txt"                            = "${path.module}/requirements.txt"
    "sandbox.ipynb"                               = "${path.module}/../../datalake_sdk/task_images/native/sandbox.ipynb"
  }
  context_command   = module.sdk.context_command
  build_arguments   = { SDK_VERSION = module.sdk.version, LAMBDA = "true" }
  pip_configuration = module.sdk.pip_configuration
  base_image        = local.domain.base_images.python
  platform          = "linux/arm64"
  container_cli     = local.domain.container_cli
  kms_key_arn       = local.domain.kms_key_arn
  tags              = local.tags
}

module "sdk" {
  source = "../sdk_package"

  codeartifact = local.domain.codeartifact
}

# Otherwise Lambda adds this statement itself, if the identity that runs Terraform may change repository policies.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
resource "aws_ecr_repository_policy" "functions" {
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
      values   = values(local.function_arns)
    }
  }
}
