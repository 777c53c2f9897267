locals {
  redshift_arn = "arn:${var.domain.partition}:redshift:${local.account}"

  redshift_endpoint = var.redshift == null ? "" : coalesce(
    var.redshift.workgroup, "${local.redshift_arn}:cluster:${coalesce(var.redshift.cluster, "-")}",
  )

  # https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
  redshift_sign_in = var.redshift == null ? { action = "", resources = [] } : (
    var.redshift.secret_arn != null ? {
      action    = "secretsmanager:GetSecretValue"
      resources = [var.redshift.secret_arn]
      } : var.redshift.workgroup != null ? {
      action    = "redshift-serverless:GetCredentials"
      resources = [var.redshift.workgroup]
      } : {
      action = "redshift:GetClusterCredentials${var.redshift.db_user == null ? "WithIAM" : ""}"
      resources = concat(
        ["${local.redshift_arn}:dbname:${var.redshift.cluster}/${var.redshift.database}"],
        [for user in var.redshift.db_user[*] : "${local.redshift_arn}:dbuser:${var.redshift.cluster}/${user}"],
      )
    }
  )
}

data "aws_iam_policy_document" "redshift" {
  count = var.redshift == null ? 0 : 1

  statement {
    sid       = "RunStatements"
    actions   = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]
    resources = [local.redshift_endpoint]
  }

  statement {
    # These actions do not support resource-level permissions; the condition restricts them to the task's statements.
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
    sid = "OwnStatements"
    actions = [
      "redshift-data:CancelStatement",
      "redshift-data:DescribeStatement",
      "redshift-data:GetStatementResult",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "redshift-data:statement-owner-iam-userid"
      values   = ["$${aws:userid}"]
    }
  }

  statement {
    sid       = "SignIn"
    actions   = [local.redshift_sign_in.action]
    resources = local.redshift_sign_in.resources
  }

  statement {
    sid = "StageRows"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = ["${local.technical_bucket_arn}/redshift/*"]
  }

  statement {
    sid       = "ListStagedRows"
    actions   = ["s3:ListBucket"]
    resources = [local.technical_bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["redshift/*"]
    }
  }
}
