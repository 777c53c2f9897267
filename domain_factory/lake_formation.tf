locals {
  # Neither ALL, nor the complete set of permissions, which Lake Formation returns with ALL: either would cause a change
  # in every plan.
  # https://github.com/hashicorp/terraform-provider-aws/issues/49453
  # https://github.com/hashicorp/terraform-provider-aws/issues/44074
  steward_database_permissions = ["ALTER", "CREATE_TABLE", "DESCRIBE"]
  steward_table_permissions    = ["ALTER", "DELETE", "DESCRIBE", "INSERT", "SELECT"]

  lake_formation_account = var.lake_formation_account != null ? var.lake_formation_account : one([
    for settings in data.aws_lakeformation_data_lake_settings.account : {
      administrators = settings.admins
      use_only_iam_access_control = anytrue([
        for default in settings.create_database_default_permissions : default.principal == "IAM_ALLOWED_PRINCIPALS"
      ])
    }
  ])
  lake_formation_administrators = toset(try(local.lake_formation_account.administrators, []))
  use_only_iam_access_control   = try(local.lake_formation_account.use_only_iam_access_control, false)

  # The ARN of a role session contains the name of the role without its path.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
  principal = element(split(":", data.aws_caller_identity.current.arn), 5)
  own_arn_ending = (
    startswith(local.principal, "assumed-role/") ? "/${split("/", local.principal)[1]}" : ":${local.principal}"
  )

  aliased_stewards = toset([
    for arn in var.datalake_admin_principal_arns : arn
    if !contains(local.lake_formation_administrators, arn) && !endswith(arn, local.own_arn_ending)
  ])
  stewards = var.enable_lake_formation ? setunion(var.data_steward_arns, local.aliased_stewards) : toset([])
  steward_layers = {
    for pair in setproduct(local.stewards, keys(local.layers)) :
    "${pair[1]} ${pair[0]}" => { principal = pair[0], layer = pair[1] }
  }
}

# An earlier version managed the settings of the account, which a destroy would reset.
# https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources
removed {
  from = aws_lakeformation_data_lake_settings.account

  lifecycle {
    destroy = false
  }
}

resource "aws_lakeformation_resource" "data" {
  for_each = toset(var.enable_lake_formation ? [local.bucket_arns.data] : [])

  arn                   = each.value
  role_arn              = one([for role in aws_iam_role.lake_formation : role.arn])
  hybrid_access_enabled = false

  # Buckets depend on the databases: creating a database at a registered location requires data location permissions.
  # https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
  depends_on = [aws_iam_role_policy.lake_formation, aws_s3_bucket.this]
}

resource "aws_iam_role" "lake_formation" {
  for_each = toset(var.enable_lake_formation ? [local.names.lake_formation] : [])

  name                 = each.value
  description          = "Access of Lake Formation to the tables of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.lake_formation_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
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

resource "aws_lakeformation_permissions" "steward_location" {
  for_each = local.stewards

  principal                     = each.value
  permissions                   = ["DATA_LOCATION_ACCESS"]
  permissions_with_grant_option = ["DATA_LOCATION_ACCESS"]

  data_location {
    arn = one([for location in aws_lakeformation_resource.data : location.arn])
  }
}

# If the account uses only IAM access control, databases are also granted to IAM_ALLOWED_PRINCIPALS. Lake Formation
# returns these permissions as those of each principal, so every plan would replace the grants.
# https://github.com/hashicorp/terraform-provider-aws/issues/36827
resource "aws_lakeformation_permissions" "steward_database" {
  for_each = local.use_only_iam_access_control ? {} : local.steward_layers

  principal                     = each.value.principal
  permissions                   = local.steward_database_permissions
  permissions_with_grant_option = local.steward_database_permissions

  database {
    name = aws_glue_catalog_database.layer[each.value.layer].name
  }
}

resource "aws_lakeformation_permissions" "steward_tables" {
  for_each = local.steward_layers

  principal                     = each.value.principal
  permissions                   = local.steward_table_permissions
  permissions_with_grant_option = local.steward_table_permissions

  table {
    database_name = aws_glue_catalog_database.layer[each.value.layer].name
    wildcard      = true
  }
}

moved {
  from = aws_lakeformation_permissions.admin_location
  to   = aws_lakeformation_permissions.steward_location
}

moved {
  from = aws_lakeformation_permissions.admin_database
  to   = aws_lakeformation_permissions.steward_database
}

moved {
  from = aws_lakeformation_permissions.admin_tables
  to   = aws_lakeformation_permissions.steward_tables
}

data "aws_lakeformation_data_lake_settings" "account" {
  for_each = toset(var.enable_lake_formation && var.lake_formation_account == null ? [local.account_id] : [])
}

# The data source is outside of the check: Terraform reads a data source inside a check during every apply, so no plan
# would be empty.
# https://developer.hashicorp.com/terraform/language/checks
check "lake_formation_admin" {
  assert {
    condition = !var.enable_lake_formation || anytrue([
      for admin in local.lake_formation_administrators : endswith(admin, local.own_arn_ending)
    ])
    error_message = join(" ", [
      "${data.aws_caller_identity.current.arn} is not a Lake Formation administrator, so it cannot grant permissions.",
      "Let an administrator add it (Lake Formation console, Administrative roles and tasks), or apply the module",
      "lake_formation_account, or set enable_lake_formation = false.",
    ])
  }
}
