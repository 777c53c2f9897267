# Permissions of the function that checks freshness: it reads tables, and changes only the list of what it has reported.
resource "aws_iam_role" "freshness_check" {
  for_each = local.freshness_check

  name                 = each.value
  description          = "Freshness check of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.failsafe_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy" "freshness_check" {
  for_each = aws_iam_role.freshness_check

  name   = "freshness_check"
  role   = each.value.name
  policy = data.aws_iam_policy_document.freshness_check[each.key].json
}

data "aws_iam_policy_document" "freshness_check" {
  for_each = local.freshness_check

  # The databases of pipelines are not known here: they have the prefix of the stage.
  statement {
    sid     = "Catalog"
    actions = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"]
    resources = [
      "arn:${local.partition}:glue:${local.account}:catalog",
      "arn:${local.partition}:glue:${local.account}:database/${local.database_prefix}*",
      "arn:${local.partition}:glue:${local.account}:table/${local.database_prefix}*/*",
    ]
  }

  statement {
    sid       = "Tables"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arns.data}/*"]
  }

  statement {
    sid       = "Reported"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arns.technical}/${local.freshness_check_prefix}*"]
  }

  statement {
    sid       = "Notify"
    actions   = ["sns:Publish"]
    resources = [local.failure_topic_arn]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.account}:log-group:/aws/lambda/${each.value}:*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "Encryption"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_lakeformation_permissions" "freshness_check_database" {
  for_each = local.use_only_iam_access_control ? {} : local.freshness_check_layers

  principal   = one(values(aws_iam_role.freshness_check)).arn
  permissions = ["DESCRIBE"]

  database {
    name       = aws_glue_catalog_database.layer[each.key].name
    catalog_id = local.account_id
  }
}

resource "aws_lakeformation_permissions" "freshness_check_tables" {
  for_each = local.freshness_check_layers

  principal   = one(values(aws_iam_role.freshness_check)).arn
  permissions = ["DESCRIBE"]

  table {
    database_name = aws_glue_catalog_database.layer[each.key].name
    catalog_id    = local.account_id
    wildcard      = true
  }
}
