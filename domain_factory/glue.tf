resource "aws_glue_catalog_database" "layer" {
  for_each = local.layers

  name         = each.value.database
  description  = each.value.description
  location_uri = "s3://${aws_s3_bucket.this["data"].bucket}/${each.value.prefix}"
  tags         = local.tags
}
