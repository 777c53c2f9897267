# The wheel of the SDK in the technical bucket, which jobs of Glue install when they start.
locals {
  has_glue_tasks = anytrue([for task in local.tasks : task.infra_type == "Glue"])
  wheel_name     = "datalake_sdk-${module.sdk.version}-py3-none-any.whl"
  wheel_key      = "glue/${var.pipeline_name}/${local.wheel_name}"
  # Relative: with another path, the object would be uploaded again, from a machine that has not built the wheel.
  wheel_folder = "${path.root}/.terraform/datalake_sdk"
}

resource "terraform_data" "sdk_wheel" {
  for_each = toset(local.has_glue_tasks ? ["wheel"] : [])

  # What uploads the object again, possibly from a machine that has not built the wheel.
  triggers_replace = [local.domain.technical_bucket, local.wheel_key, local.domain.kms_key_arn]

  provisioner "local-exec" {
    command = module.sdk.build_command
    environment = {
      FOLDER = local.wheel_folder
    }
  }
}

resource "aws_s3_object" "sdk_wheel" {
  for_each = terraform_data.sdk_wheel

  bucket      = local.domain.technical_bucket
  key         = local.wheel_key
  source      = "${local.wheel_folder}/${local.wheel_name}"
  source_hash = module.sdk.version
  kms_key_id  = local.domain.kms_key_arn
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}
