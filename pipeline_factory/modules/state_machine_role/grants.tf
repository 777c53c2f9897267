# Lake Formation lists only tables on which the role has a permission.
# https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
resource "aws_lakeformation_permissions" "tables" {
  for_each = var.domain.lake_formation_enabled ? var.listed_databases : toset([])

  principal   = aws_iam_role.this.arn
  permissions = ["DESCRIBE"]

  table {
    database_name = each.value
    catalog_id    = var.domain.account_id
    wildcard      = true
  }
}
