resource "aws_ecs_cluster" "this" {
  name = local.environment
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html
  dynamic "configuration" {
    for_each = local.fargate_key_arn[*]

    content {
      managed_storage_configuration {
        fargate_ephemeral_storage_kms_key_id = configuration.value
      }
    }
  }
}

# Tasks with use_spot require the association. The default strategy stays empty: every task states where it runs.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

locals {
  # Fargate does not support multi-Region keys.
  fargate_key_arn = can(regex(":key/mrk-", var.kms_key_arn)) ? null : var.kms_key_arn
}

module "sandbox_image" {
  source = "../modules/build_and_upload_image_to_ecr"

  repository_name   = "${local.environment}_sandbox"
  dockerfile        = "${path.module}/sandbox/Dockerfile"
  context_command   = module.sdk.context_command
  build_arguments   = { SDK_VERSION = module.sdk.version }
  base_image        = module.settings.base_images.python
  container_cli     = var.container_cli
  pip_configuration = module.sdk.pip_configuration
  kms_key_arn       = var.kms_key_arn
  tags              = local.tags
}
