resource "aws_glue_catalog_database" "this" {
  for_each = toset(var.skip_pipeline_database_creation ? [] : [local.database])

  name         = each.value
  description  = coalesce(var.database_description, "Tables of the pipeline ${var.pipeline_name}")
  location_uri = "s3://${local.domain.data_bucket}/${var.pipeline_name}"
  tags         = local.tags
}
