resource "aws_glue_catalog_database" "layer" {
  for_each = local.layers

  name         = each.value.database
  description  = each.value.description
  location_uri = "s3://${aws_s3_bucket.this["data"].bucket}/${each.value.prefix}"
  tags         = local.tags
}

# lifecycle.prevent_destroy does not support variables. This resource depends on the others, so it is destroyed first,
# and if that fails, Terraform keeps them.
# https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#literal-values-only
resource "terraform_data" "database_protection" {
  for_each = aws_glue_catalog_database.layer

  input            = var.prevent_destroy
  triggers_replace = each.value.name

  provisioner "local-exec" {
    when    = destroy
    command = <<-SHELL
      test ${self.input} = false || {
        echo "The database of layer ${each.key} is protected: its tables would be removed from the catalog." >&2
        echo "Set prevent_destroy = false and apply; then destroy." >&2
        exit 1
      }
    SHELL
  }

  depends_on = [
    aws_lakeformation_permissions.admin_database,
    aws_lakeformation_permissions.admin_tables,
    aws_ssm_parameter.this,
  ]
}
