# All job runs of an application use its image, so each task has its own application. Idle applications are free.
resource "aws_emrserverless_application" "this" {
  name          = module.names.names.application
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

  depends_on = [aws_ecr_repository_policy.emr, terraform_data.stopped_before_update]
}

# The provider updates all settings together, which EMR Serverless only accepts while the application is stopped.
# https://github.com/hashicorp/terraform-provider-aws/issues/49109
resource "terraform_data" "stopped_before_update" {
  triggers_replace = [module.image.image_uri, var.task.infra_config, var.domain.emr_serverless, var.domain.network]

  provisioner "local-exec" {
    command     = "${path.module}/stop_application.sh"
    interpreter = ["bash"]
    environment = { NAME = module.names.names.application, AWS_REGION = var.domain.region }
  }
}

resource "terraform_data" "stopped_before_deletion" {
  triggers_replace = {
    id          = aws_emrserverless_application.this.id
    environment = { NAME = module.names.names.application, AWS_REGION = var.domain.region }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "${path.module}/stop_application.sh"
    interpreter = ["bash"]
    environment = self.triggers_replace.environment
  }
}

module "names" {
  source = "../../../modules/names"
  names  = { application = var.name }
}
