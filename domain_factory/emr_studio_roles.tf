resource "aws_iam_role" "emr_studio" {
  for_each = toset(var.enable_emr_studio ? [local.names.emr_studio] : [])

  name                 = each.value
  description          = "EMR Studio of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.emr_studio_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "emr_studio_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["elasticmapreduce.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:elasticmapreduce:${local.account}:*"]
    }
  }
}

resource "aws_iam_role_policy" "emr_studio" {
  for_each = aws_iam_role.emr_studio

  name   = "notebooks"
  role   = each.value.name
  policy = data.aws_iam_policy_document.emr_studio.json
}

# With EMR Serverless only, the Studio requires access to the notebook storage, but no network interfaces.
# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-studio-service-role.html
data "aws_iam_policy_document" "emr_studio" {
  statement {
    sid       = "Notebooks"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = [local.notebooks_arn]
  }

  statement {
    sid       = "Folders"
    actions   = ["s3:GetEncryptionConfiguration", "s3:ListBucket"]
    resources = [local.bucket_arns.technical]
  }

  # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-studio-workspace-storage-encryption.html
  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid = "Encryption"
      actions = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
      resources = [statement.value]
    }
  }
}

# The role that a user selects when a workspace is attached to the application. It reads the tables of the domain.
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/interactive-workloads.html
resource "aws_iam_role" "notebooks" {
  for_each = toset(var.enable_emr_studio ? [local.names.notebooks] : [])

  name                 = each.value
  description          = "Notebooks of ${local.environment}: read access to its tables"
  assume_role_policy   = data.aws_iam_policy_document.notebooks_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/security-iam-runtime-role.html
data "aws_iam_policy_document" "notebooks_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["emr-serverless.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_iam_role_policy" "notebooks" {
  for_each = aws_iam_role.notebooks

  name   = "tables"
  role   = each.value.name
  policy = data.aws_iam_policy_document.notebooks.json
}

data "aws_iam_policy_document" "notebooks" {
  statement {
    sid     = "ReadTables"
    actions = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"]
    resources = concat(["arn:${local.partition}:glue:${local.account}:catalog"], flatten([
      for layer in values(local.layers) : [
        "arn:${local.partition}:glue:${local.account}:database/${layer.database}",
        "arn:${local.partition}:glue:${local.account}:table/${layer.database}/*",
      ]
    ]))
  }

  statement {
    sid       = "ReadFiles"
    actions   = ["s3:GetObject"]
    resources = [for layer in values(local.layers) : "${local.bucket_arns.data}/${layer.prefix}/*"]
  }

  statement {
    sid       = "ListFiles"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.data]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = flatten([for layer in values(local.layers) : [layer.prefix, "${layer.prefix}/*"]])
    }
  }

  dynamic "statement" {
    for_each = var.enable_lake_formation ? ["*"] : []

    content {
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslakeformation.html
      sid       = "LakeFormation"
      actions   = ["lakeformation:GetDataAccess"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "Encryption"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

locals {
  # Layers that notebooks read through Lake Formation.
  notebook_layers = var.enable_emr_studio && var.enable_lake_formation ? local.layers : {}
}

# Permissions on a database would be returned as those of each principal if the account uses only IAM access control.
# https://github.com/hashicorp/terraform-provider-aws/issues/36827
resource "aws_lakeformation_permissions" "notebooks_database" {
  for_each = local.use_only_iam_access_control ? {} : local.notebook_layers

  principal   = one(values(aws_iam_role.notebooks)).arn
  permissions = ["DESCRIBE"]

  database {
    name       = aws_glue_catalog_database.layer[each.key].name
    catalog_id = local.account_id
  }
}

resource "aws_lakeformation_permissions" "notebooks_tables" {
  for_each = local.notebook_layers

  principal   = one(values(aws_iam_role.notebooks)).arn
  permissions = ["DESCRIBE", "SELECT"]

  table {
    database_name = aws_glue_catalog_database.layer[each.key].name
    catalog_id    = local.account_id
    wildcard      = true
  }
}
