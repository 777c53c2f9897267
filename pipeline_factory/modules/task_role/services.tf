data "aws_iam_policy_document" "services" {
  statement {
    sid = "Query"
    actions = [
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:GetWorkGroup",
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
    ]
    resources = ["arn:${var.domain.partition}:athena:${local.account}:workgroup/${var.domain.athena_workgroup}"]
  }

  statement {
    sid = "StoreResults"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    # The results of consumers, in athena/consumers, are not among them.
    resources = ["${local.technical_bucket_arn}/athena/results/*", "${local.technical_bucket_arn}/athena/unload/*"]
  }

  statement {
    sid       = "ListResults"
    actions   = ["s3:ListBucket"]
    resources = [local.technical_bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["athena/results/*", "athena/unload/*"]
    }
  }

  statement {
    sid       = "RecordRuns"
    actions   = ["s3:PutObject"]
    resources = ["${local.technical_bucket_arn}/runs/*"]
  }

  statement {
    sid       = "FindBuckets"
    actions   = ["s3:GetBucketLocation"]
    resources = [local.data_bucket_arn, local.technical_bucket_arn]
  }

  dynamic "statement" {
    for_each = local.calls_back ? ["*"] : []

    content {
      # These actions do not support resource-level permissions.
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
      sid       = "CallBack"
      actions   = ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.log_group_name[*]

    content {
      sid       = "Log"
      actions   = concat(["logs:CreateLogStream", "logs:PutLogEvents"], local.log_listing)
      resources = ["arn:${var.domain.partition}:logs:${local.account}:log-group:${statement.value}:*"]
    }
  }

  dynamic "statement" {
    for_each = var.domain.kms_key_arn[*]

    content {
      sid       = "Encrypt"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.domain.lake_formation_enabled ? ["*"] : []

    content {
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslakeformation.html
      sid       = "LakeFormation"
      actions   = ["lakeformation:GetDataAccess"]
      resources = [statement.value]
    }
  }
}
