# The role with which Datalfred queries tables on behalf of its users, in a workgroup of its own.
locals {
  datalfred_groups = toset([for name in ["datalfred"] : name if length(var.datalfred_user_arns) > 0])

  # Layers that Datalfred reads through Lake Formation.
  datalfred_layers = length(local.datalfred_groups) > 0 && var.enable_lake_formation ? local.layers : {}
}

resource "aws_iam_role" "datalfred" {
  for_each = local.datalfred_groups

  name                 = local.names.datalfred
  description          = "Queries of Datalfred on the tables of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.datalfred_trust[each.key].json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "datalfred_trust" {
  for_each = local.datalfred_groups

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.datalfred_user_arns
    }
  }
}

resource "aws_iam_role_policy" "datalfred" {
  for_each = aws_iam_role.datalfred

  name   = "read_tables"
  role   = each.value.name
  policy = data.aws_iam_policy_document.consumer[each.key].json
}

resource "aws_lakeformation_permissions" "datalfred_database" {
  for_each = local.use_only_iam_access_control ? {} : local.datalfred_layers

  principal   = one(values(aws_iam_role.datalfred)).arn
  permissions = ["DESCRIBE"]

  database {
    name       = aws_glue_catalog_database.layer[each.key].name
    catalog_id = local.account_id
  }
}

resource "aws_lakeformation_permissions" "datalfred_tables" {
  for_each = local.datalfred_layers

  principal   = one(values(aws_iam_role.datalfred)).arn
  permissions = ["DESCRIBE", "SELECT"]

  table {
    database_name = aws_glue_catalog_database.layer[each.key].name
    catalog_id    = local.account_id
    wildcard      = true
  }
}
