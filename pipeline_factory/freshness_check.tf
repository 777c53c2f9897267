# The function of the domain that checks freshness sees the pipeline's tables. Tables of the layers: domain_factory.
locals {
  freshness_checked_databases = {
    for name, database in aws_glue_catalog_database.this : name => database.name
    if local.domain.lake_formation_enabled && local.domain.freshness_check_role_arn != null
  }
}

resource "aws_lakeformation_permissions" "freshness_check_database" {
  for_each = local.domain.use_only_iam_access_control ? {} : local.freshness_checked_databases

  principal   = local.domain.freshness_check_role_arn
  permissions = ["DESCRIBE"]

  database {
    name       = each.value
    catalog_id = local.domain.account_id
  }
}

resource "aws_lakeformation_permissions" "freshness_check_tables" {
  for_each = local.freshness_checked_databases

  principal   = local.domain.freshness_check_role_arn
  permissions = ["DESCRIBE"]

  table {
    database_name = each.value
    catalog_id    = local.domain.account_id
    wildcard      = true
  }
}
