# The code of the task and the script of the job. Each content has its own prefix, so that a job run that is starting
# does not find files of two versions.
locals {
  shared_files = merge([
    for module in var.task.shared_modules : {
      for file in fileset(module, "**") : "code/${basename(module)}/${file}" => "${module}/${file}"
      if !strcontains(file, "__pycache__")
    }
  ]...)
  files = merge(
    local.shared_files,
    {
      for file in fileset(var.task.path, "code/**") : file => "${var.task.path}/${file}"
      if !strcontains(file, "__pycache__")
    },
    { "glue_script.py" = "${path.module}/glue_script.py" },
  )
  digest = substr(sha256(jsonencode({ for name, file in local.files : name => filesha256(file) })), 0, 12)
  folder = "glue/${var.pipeline_name}/${var.task_name}/${local.digest}"
  bucket = "s3://${var.domain.technical_bucket}"
}

resource "aws_s3_object" "code" {
  for_each = local.files

  bucket      = var.domain.technical_bucket
  key         = "${local.folder}/${each.key}"
  source      = each.value
  source_hash = filesha256(each.value)
  kms_key_id  = var.domain.kms_key_arn
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}
