# All job runs of an application use its image, so each task has its own application. Idle applications are free.
resource "aws_emrserverless_application" "this" {
  name          = module.stop.application_name
  type          = "spark"
  release_label = var.domain.emr_serverless.release_label
  architecture  = var.task.infra_config.architecture
  tags          = var.tags

  image_configuration {
    image_uri = module.image.image_uri
  }

  auto_stop_configuration {
    enabled              = true
    idle_timeout_minutes = var.task.infra_config.idle_timeout_minutes
  }

  dynamic "maximum_capacity" {
    for_each = var.task.infra_config.maximum_capacity[*]

    content {
      cpu    = maximum_capacity.value.cpu
      memory = maximum_capacity.value.memory
    }
  }

  network_configuration {
    subnet_ids = var.domain.network.subnet_ids
    security_group_ids = [
      coalesce(var.domain.emr_serverless.security_group_id, var.domain.network.security_group_id),
    ]
  }

  depends_on = [aws_ecr_repository_policy.emr]
}

module "stop" {
  source = "../../../modules/stopped_application"

  application_name = module.names.names.application
  application_id   = aws_emrserverless_application.this.id
  region           = var.domain.region
  settings = jsonencode([
    module.image.image_uri, var.task.infra_config, var.domain.emr_serverless, var.domain.network,
  ])
}

module "names" {
  source = "../../../modules/names"
  names  = { application = var.name }
}

moved {
  from = terraform_data.stopped_before_update
  to   = module.stop.terraform_data.before_update["this"]
}

moved {
  from = terraform_data.stopped_before_deletion
  to   = module.stop.terraform_data.before_deletion["this"]
}
