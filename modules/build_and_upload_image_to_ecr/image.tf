data "aws_ecr_authorization_token" "this" {}

resource "terraform_data" "image" {
  triggers_replace = [local.image_uri]

  provisioner "local-exec" {
    command     = "${path.module}/build_and_push.sh"
    interpreter = ["bash"]

    environment = {
      CONTAINER_CLI     = var.container_cli
      IMAGE             = local.image_uri
      PLATFORM          = var.platform
      DOCKERFILE        = abspath(var.dockerfile)
      CONTEXT           = join("\n", [for target, source in var.context : "${target}=${abspath(source)}"])
      CONTEXT_COMMAND   = var.context_command
      IGNORED           = join("\n", local.ignored)
      BUILD_ARGUMENTS   = join("\n", [for name, value in local.build_arguments : "${name}=${value}"])
      PIP_CONFIGURATION = var.pip_configuration
      REGISTRY_USER     = data.aws_ecr_authorization_token.this.user_name
      REGISTRY_PASSWORD = data.aws_ecr_authorization_token.this.password
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.context_errors) == 0
      error_message = join("\n", local.context_errors)
    }
  }
}
