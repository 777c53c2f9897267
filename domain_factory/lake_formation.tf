locals {
  # Neither ALL, nor DROP on databases: Lake Formation would return ALL in addition to the other permissions,
  # which would cause a change in every plan.
  # https://github.com/hashicorp/terraform-provider-aws/issues/49453
  # https://github.com/hashicorp/terraform-provider-aws/issues/44074
  admin_database_permissions = ["ALTER", "CREATE_TABLE", "DESCRIBE"]
  admin_table_permissions    = ["ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"]

  lake_formation_admins = var.enable_lake_formation ? var.datalake_admin_principal_arns : []

  admin_layers = {
    for pair in setproduct(local.lake_formation_admins, keys(local.layers)) :
    "${pair[1]} ${pair[0]}" => { principal = pair[0], layer = pair[1] }
  }

  principal = element(split(":", data.aws_caller_identity.current.arn), 5)
}

resource "aws_lakeformation_data_lake_settings" "account" {
  for_each = toset(var.manage_lake_formation_settings ? [local.account_id] : [])

  admins = var.datalake_admin_principal_arns
}

resource "aws_lakeformation_resource" "data" {
  for_each = toset(var.enable_lake_formation ? [local.bucket_arns.data] : [])

  arn                   = each.value
  role_arn              = one([for role in aws_iam_role.lake_formation : role.arn])
  hybrid_access_enabled = false

  depends_on = [aws_iam_role_policy.lake_formation, aws_lakeformation_data_lake_settings.account, aws_s3_bucket.this]
}

resource "aws_iam_role" "lake_formation" {
  for_each = toset(var.enable_lake_formation ? [local.names.lake_formation] : [])

  name               = each.value
  description        = "Access of Lake Formation to the tables of ${local.environment}"
  assume_role_policy = data.aws_iam_policy_document.lake_formation_trust.json
  tags               = local.tags
}

data "aws_iam_policy_document" "lake_formation_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lakeformation.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_iam_role_policy" "lake_formation" {
  for_each = aws_iam_role.lake_formation

  name   = "data_bucket"
  role   = each.value.name
  policy = data.aws_iam_policy_document.lake_formation.json
}

# https://docs.aws.amazon.com/lake-formation/latest/dg/registration-role.html
data "aws_iam_policy_document" "lake_formation" {
  statement {
    sid       = "Files"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arns.data}/*"]
  }

  statement {
    sid       = "Folders"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.data]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid = "Encryption"
      actions = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
      resources = [statement.value]
    }
  }
}

resource "aws_lakeformation_permissions" "admin_location" {
  for_each = local.lake_formation_admins

  principal   = each.value
  permissions = ["DATA_LOCATION_ACCESS"]

  data_location {
    arn = one([for location in aws_lakeformation_resource.data : location.arn])
  }
}

resource "aws_lakeformation_permissions" "admin_database" {
  for_each = local.admin_layers

  principal                     = each.value.principal
  permissions                   = local.admin_database_permissions
  permissions_with_grant_option = local.admin_database_permissions

  database {
    name = aws_glue_catalog_database.layer[each.value.layer].name
  }

  depends_on = [aws_lakeformation_data_lake_settings.account]
}

resource "aws_lakeformation_permissions" "admin_tables" {
  for_each = local.admin_layers

  principal                     = each.value.principal
  permissions                   = local.admin_table_permissions
  permissions_with_grant_option = local.admin_table_permissions

  table {
    database_name = aws_glue_catalog_database.layer[each.value.layer].name
    wildcard      = true
  }

  depends_on = [aws_lakeformation_data_lake_settings.account]
}

data "aws_lakeformation_data_lake_settings" "account" {
  for_each = toset(var.enable_lake_formation && !var.manage_lake_formation_settings ? [local.account_id] : [])
}

# The data source is outside of the check: Terraform reads a data source inside a check during every apply, so no plan
# would be empty.
# https://developer.hashicorp.com/terraform/language/checks
check "lake_formation_admin" {
  assert {
    # The ARN of a role session contains the name of the role without its path.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    condition = alltrue([
      for settings in data.aws_lakeformation_data_lake_settings.account : anytrue([
        for admin in settings.admins : startswith(local.principal, "assumed-role/")
        ? endswith(admin, "/${split("/", local.principal)[1]}")
        : endswith(admin, ":${local.principal}")
      ])
    ])
    error_message = join(" ", [
      "${data.aws_caller_identity.current.arn} is not a Lake Formation administrator, so it cannot register the",
      "bucket or grant permissions. Let an administrator add it (Lake Formation console, Administrative roles and",
      "tasks), or set manage_lake_formation_settings = true, or enable_lake_formation = false.",
    ])
  }
}
