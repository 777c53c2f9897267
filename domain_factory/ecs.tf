resource "aws_ecs_cluster" "this" {
  name = local.environment
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

module "sandbox_image" {
  source = "../modules/build_and_upload_image_to_ecr"

  repository_name = "${local.environment}_sandbox"
  dockerfile      = "${path.module}/sandbox/Dockerfile"
  context         = local.sdk_sources
  base_image      = module.settings.base_images.python
  container_cli   = var.container_cli
  kms_key_arn     = var.kms_key_arn
  tags            = local.tags
}
