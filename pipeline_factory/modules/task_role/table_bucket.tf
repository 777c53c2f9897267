locals {
  table_bucket_name    = try(split("/", var.domain.table_bucket_arn)[1], "")
  federated_catalog    = "s3tablescatalog/${local.table_bucket_name}"
  tables_of_namespaces = { for table in local.tables : split(".", table)[0] => split(".", table)[1]... }
  outputs_of_namespaces = {
    for table in local.output_tables : split(".", table)[0] => split(".", table)[1]...
  }
}

# The ARN of a table contains an id that S3 Tables assigns, so access is limited by conditions.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-setting-up.html
data "aws_iam_policy_document" "table_bucket" {
  for_each = toset(length(local.tables) > 0 ? var.domain.table_bucket_arn[*] : [])

  statement {
    sid       = "FindTables"
    actions   = ["s3tables:GetNamespace", "s3tables:GetTableBucket", "s3tables:ListNamespaces", "s3tables:ListTables"]
    resources = [each.value]
  }

  dynamic "statement" {
    for_each = local.tables_of_namespaces

    content {
      sid       = "ReadTables${index(keys(local.tables_of_namespaces), statement.key) + 1}"
      actions   = ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"]
      resources = [each.value, "${each.value}/table/*"]

      condition {
        test     = "StringEquals"
        variable = "s3tables:namespace"
        values   = ["${var.domain.database_prefix}${statement.key}"]
      }

      condition {
        test     = "StringLike"
        variable = "s3tables:tableName"
        values   = statement.value
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_of_namespaces

    content {
      sid       = "WriteTables${index(keys(local.outputs_of_namespaces), statement.key) + 1}"
      actions   = ["s3tables:CreateTable", "s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"]
      resources = [each.value, "${each.value}/table/*"]

      condition {
        test     = "StringEquals"
        variable = "s3tables:namespace"
        values   = ["${var.domain.database_prefix}${statement.key}"]
      }

      condition {
        test     = "StringLike"
        variable = "s3tables:tableName"
        values   = statement.value
      }
    }
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-aws.html
  statement {
    sid     = "QueryTables"
    actions = ["glue:GetCatalog", "glue:GetDatabase", "glue:GetTable"]
    resources = concat(
      [
        local.catalog_arn,
        "${local.catalog_arn}/s3tablescatalog",
        "${local.catalog_arn}/${local.federated_catalog}",
        "${local.glue_arn}:database/default",
      ],
      [
        for database in local.databases :
        "${local.glue_arn}:database/${local.federated_catalog}/${var.domain.database_prefix}${database}"
      ],
      [
        for folder in values(local.folders) :
        "${local.glue_arn}:table/${local.federated_catalog}/${var.domain.database_prefix}${folder}"
      ],
    )
  }
}
