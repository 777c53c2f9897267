# Grants apply to all tables of a database, since a grant on a single table requires that the table exists, and the
# task only creates it during its first run. The policy of the role, which access also requires, lists the tables.
# https://docs.aws.amazon.com/lake-formation/latest/dg/how-it-works.html
locals {
  has_grants        = var.domain.lake_formation_enabled && var.domain.table_bucket_arn == null
  granted_databases = local.has_grants ? local.databases : toset([])

  database_names = {
    for database in local.granted_databases :
    database => lookup(var.domain.created_databases, database, "${var.domain.database_prefix}${database}")
  }

  # If the account uses only IAM access control, databases are also granted to IAM_ALLOWED_PRINCIPALS. Lake Formation
  # returns these permissions as those of each principal, so every plan would replace the grants.
  # https://github.com/hashicorp/terraform-provider-aws/issues/36827
  extended_databases = (
    local.has_grants && !var.domain.use_only_iam_access_control ? local.output_databases : toset([])
  )
}

# Grants on all tables of a database imply DESCRIBE on the database.
# https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html
resource "aws_lakeformation_permissions" "databases" {
  for_each = local.extended_databases

  principal   = aws_iam_role.this.arn
  permissions = ["CREATE_TABLE", "DESCRIBE"]

  database {
    name       = local.database_names[each.value]
    catalog_id = var.domain.account_id
  }
}

resource "aws_lakeformation_permissions" "tables" {
  for_each = local.granted_databases

  principal = aws_iam_role.this.arn
  permissions = contains(local.output_databases, each.value) ? [
    "ALTER",
    "DELETE",
    "DESCRIBE",
    "INSERT",
    "SELECT",
  ] : ["DESCRIBE", "SELECT"]

  table {
    database_name = local.database_names[each.value]
    catalog_id    = var.domain.account_id
    wildcard      = true
  }
}
