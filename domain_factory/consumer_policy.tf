resource "aws_iam_policy" "consumer" {
  for_each = var.consumer_groups

  name        = local.consumer_names[each.value]
  description = "Read-only access to the tables of ${local.environment}"
  policy      = data.aws_iam_policy_document.consumer[each.value].json
  tags        = local.tags
}

moved {
  from = aws_iam_policy.consumer
  to   = aws_iam_policy.consumer["consumer"]
}

data "aws_iam_policy_document" "consumer" {
  for_each = local.consumer_groups

  statement {
    sid = "Catalog"
    actions = [
      "glue:GetDatabase",
      "glue:GetDatabases",
      "glue:GetPartition",
      "glue:GetPartitions",
      "glue:GetTable",
      "glue:GetTables",
    ]
    resources = concat(["arn:${local.partition}:glue:${local.account}:catalog"], flatten([
      for layer in values(local.layers) : [
        "arn:${local.partition}:glue:${local.account}:database/${layer.database}",
        "arn:${local.partition}:glue:${local.account}:table/${layer.database}/*",
      ]
    ]))
  }

  # Athena checks access to the database that is named default, whether it exists or not.
  # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
  statement {
    sid       = "DefaultDatabase"
    actions   = ["glue:GetDatabase"]
    resources = ["arn:${local.partition}:glue:${local.account}:database/default"]
  }

  # With Lake Formation, Athena reads files with the role of the registered bucket; permissions on S3 would bypass
  # grants.
  # https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
  dynamic "statement" {
    for_each = var.enable_lake_formation ? [] : [local.bucket_arns.data]

    content {
      sid       = "Tables"
      actions   = ["s3:GetObject"]
      resources = [for layer in values(local.layers) : "${statement.value}/${layer.prefix}/*"]
    }
  }

  dynamic "statement" {
    for_each = var.enable_lake_formation ? [] : [local.bucket_arns.data]

    content {
      sid       = "DataBucket"
      actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
      resources = [statement.value]
    }
  }

  statement {
    sid       = "ResultBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [local.bucket_arns.technical]
  }

  statement {
    sid       = "ListResults"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.technical]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${local.consumer_prefixes[each.value]}/*"]
    }
  }

  statement {
    sid = "QueryResults"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = ["${local.bucket_arns.technical}/${local.consumer_prefixes[each.value]}/*"]
  }

  statement {
    sid = "Queries"
    actions = [
      "athena:BatchGetQueryExecution",
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:GetQueryResultsStream",
      "athena:GetWorkGroup",
      "athena:ListQueryExecutions",
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
    ]
    resources = ["arn:${local.partition}:athena:${local.account}:workgroup/${local.consumer_names[each.value]}"]
  }

  # Datalfred reads the ARN of its role here, before it assumes the role.
  dynamic "statement" {
    for_each = setsubtract(["datalfred"], [each.value])

    content {
      sid     = "DatalfredRole"
      actions = ["ssm:GetParameter"]
      resources = [
        "arn:${local.partition}:ssm:${local.account}:parameter/datalake/${local.environment}/datalfred_role_arn",
      ]
    }
  }

  dynamic "statement" {
    for_each = var.enable_lake_formation ? ["*"] : []

    content {
      sid     = "LakeFormation"
      actions = ["lakeformation:GetDataAccess"]
      # The action does not support resource-level permissions; Lake Formation grants restrict it.
      # https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
      resources = [statement.value]
    }
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
