module "role" {
  source = "../task_role"

  name          = var.name
  service       = "glue.amazonaws.com"
  domain        = var.domain
  input_tables  = var.task.input_tables
  output_tables = keys(var.task.output_tables)
  readable_objects = setunion(
    var.task.readable_objects,
    ["${var.domain.technical_bucket}/${local.folder}/*", "${var.domain.technical_bucket}/${var.wheel}"],
    [for jar in var.task.infra_config.extra_jars : trimprefix(jar, "s3://")],
  )
  writable_objects       = var.task.writable_objects
  secrets                = var.task.secrets
  log_group_name         = "${var.log_group_name}/*"
  additional_permissions = var.task.additional_permissions
  additional_policy      = var.task.additional_policy
  redshift               = var.task.redshift
  tags                   = var.tags
}
