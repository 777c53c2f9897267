data "aws_iam_policy_document" "tables" {
  count = length(local.tables) > 0 && var.domain.table_bucket_arn == null ? 1 : 0

  statement {
    sid     = "ReadTables"
    actions = ["glue:GetDatabase", "glue:GetTable"]
    resources = concat(
      # Athena also checks access to the database that is named default, whether it exists or not.
      # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
      [local.catalog_arn, "${local.glue_arn}:database/default"],
      values(local.database_arn),
      values(local.table_arn),
    )
  }

  statement {
    sid       = "ReadFiles"
    actions   = ["s3:GetObject"]
    resources = [for folder in values(local.folders) : "${local.data_bucket_arn}/${folder}/*"]
  }

  statement {
    sid       = "ListFiles"
    actions   = ["s3:ListBucket"]
    resources = [local.data_bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = flatten([for folder in values(local.folders) : [folder, "${folder}/*"]])
    }
  }
}

data "aws_iam_policy_document" "outputs" {
  count = length(var.output_tables) > 0 && var.domain.table_bucket_arn == null ? 1 : 0

  statement {
    sid     = "WriteTables"
    actions = ["glue:CreateTable", "glue:UpdateTable"]
    resources = concat(
      [local.catalog_arn],
      [for database in local.output_databases : local.database_arn[database]],
      [for table in local.output_tables : local.table_arn[table]],
    )
  }

  statement {
    sid       = "WriteFiles"
    actions   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = [for table in local.output_tables : "${local.data_bucket_arn}/${local.folders[table]}/*"]
  }
}
