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
  context_command = var.sdk.context_command
  build_arguments = merge(
    { SDK_VERSION = var.sdk.version },
    local.extra,
    var.has_jupyter ? { JUPYTER = "true", TASK_VARIABLES = jsonencode(var.environment_variables) } : {},
  )
  pip_configuration          = var.pip_configuration
  base_image                 = var.domain.base_images.python
  platform                   = var.task.infra_config.architecture == "ARM64" ? "linux/arm64" : "linux/amd64"
  container_cli              = var.domain.container_cli
  additional_rebuild_trigger = var.task.additional_rebuild_trigger
  kms_key_arn                = var.domain.kms_key_arn
  tags                       = var.tags
}
