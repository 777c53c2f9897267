locals {
  environment = { NAME = var.application_name, AWS_REGION = var.region }
  enabled     = toset(var.enabled ? ["this"] : [])
}

# The provider updates all settings together, which EMR Serverless only accepts while the application is stopped.
# https://github.com/hashicorp/terraform-provider-aws/issues/49109
resource "terraform_data" "before_update" {
  for_each = local.enabled

  triggers_replace = var.settings

  provisioner "local-exec" {
    command     = "${path.module}/stop_application.sh"
    interpreter = ["bash"]
    environment = local.environment
  }
}

resource "terraform_data" "before_deletion" {
  for_each = local.enabled

  triggers_replace = { id = var.application_id, environment = local.environment }

  provisioner "local-exec" {
    when        = destroy
    command     = "${path.module}/stop_application.sh"
    interpreter = ["bash"]
    environment = self.triggers_replace.environment
  }
}
