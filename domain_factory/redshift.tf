# Access of Redshift to the tables: a role that loads staged rows, and grants for users who query tables in place.
locals {
  redshift_layers = {
    for pair in setproduct(var.enable_lake_formation ? var.redshift_reader_arns : [], keys(local.layers)) :
    "${pair[1]} ${pair[0]}" => { principal = pair[0], layer = pair[1] }
  }
}

resource "aws_iam_role" "redshift_copy" {
  for_each = toset(var.enable_redshift_copy_role ? [local.names.redshift_copy] : [])

  name                 = each.value
  description          = "COPY of the rows that tasks of ${local.environment} stage for Redshift"
  assume_role_policy   = data.aws_iam_policy_document.redshift_copy_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

# https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service.html
data "aws_iam_policy_document" "redshift_copy_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "redshift_copy" {
  for_each = aws_iam_role.redshift_copy

  name   = "staged_rows"
  role   = each.value.name
  policy = data.aws_iam_policy_document.redshift_copy.json
}

# https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html
data "aws_iam_policy_document" "redshift_copy" {
  statement {
    sid       = "StagedRows"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arns.technical}/redshift/*"]
  }

  statement {
    sid       = "ListStagedRows"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.technical]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["redshift/*"]
    }
  }

  statement {
    sid       = "FindBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [local.bucket_arns.technical]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "Decryption"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

# Permissions on a database would be returned as those of each principal if the account uses only IAM access control.
# https://github.com/hashicorp/terraform-provider-aws/issues/36827
resource "aws_lakeformation_permissions" "redshift_database" {
  for_each = local.use_only_iam_access_control ? {} : local.redshift_layers

  principal   = each.value.principal
  permissions = ["DESCRIBE"]

  database {
    name       = aws_glue_catalog_database.layer[each.value.layer].name
    catalog_id = local.account_id
  }
}

resource "aws_lakeformation_permissions" "redshift_tables" {
  for_each = local.redshift_layers

  principal   = each.value.principal
  permissions = ["DESCRIBE", "SELECT"]

  table {
    database_name = aws_glue_catalog_database.layer[each.value.layer].name
    catalog_id    = local.account_id
    wildcard      = true
  }
}
