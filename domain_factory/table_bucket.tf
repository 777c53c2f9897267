locals {
  table_bucket     = replace("${var.project_name}-${var.domain_name}-${local.stage_name}-tables", "_", "-")
  table_bucket_arn = "arn:${local.partition}:s3tables:${local.account}:bucket/${local.table_bucket}"
  s3_tables        = var.table_storage == "s3_tables"
}

module "table_bucket" {
  source   = "./modules/table_bucket"
  for_each = toset(local.s3_tables ? [local.table_bucket] : [])

  name             = each.value
  arn              = local.table_bucket_arn
  namespaces       = toset([for layer in local.layers : layer.database])
  kms_key_arn      = var.kms_key_arn
  old_version_days = module.settings.data_retention.old_version_days
}
