resource "aws_iam_policy" "emr_studio_users" {
  for_each = aws_emr_studio.this

  name        = "${local.environment}_emr_studio_users"
  description = "Notebooks in EMR Studio of ${local.environment}, on its EMR Serverless application"
  policy      = data.aws_iam_policy_document.emr_studio_users[each.key].json
  tags        = local.tags
}

# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-studio-user-permissions.html
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/interactive-workloads.html
data "aws_iam_policy_document" "emr_studio_users" {
  for_each = aws_emr_studio.this

  statement {
    sid       = "Studio"
    actions   = ["elasticmapreduce:CreateStudioPresignedUrl", "elasticmapreduce:DescribeStudio"]
    resources = [each.value.arn]
  }

  statement {
    sid = "Workspaces"
    actions = [
      "elasticmapreduce:AttachEditor",
      "elasticmapreduce:DeleteEditor",
      "elasticmapreduce:DescribeEditor",
      "elasticmapreduce:DetachEditor",
      "elasticmapreduce:OpenEditorInConsole",
      "elasticmapreduce:StartEditor",
      "elasticmapreduce:StopEditor",
      "elasticmapreduce:UpdateEditor",
    ]
    resources = ["arn:${local.partition}:elasticmapreduce:${local.account}:editor/*"]
  }

  # These actions do not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticmapreduce.html
  statement {
    sid = "NewWorkspacesAndLists"
    actions = [
      "elasticmapreduce:CreateEditor",
      "elasticmapreduce:ListEditors",
      "elasticmapreduce:ListStudios",
      "emr-serverless:ListApplications",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Application"
    actions = [
      "emr-serverless:AccessInteractiveEndpoints",
      "emr-serverless:AccessLivyEndpoints",
      "emr-serverless:GetApplication",
      "emr-serverless:StartApplication",
    ]
    resources = [for application in aws_emrserverless_application.this : application.arn]
  }

  statement {
    sid       = "SelectRuntimeRole"
    actions   = ["iam:PassRole"]
    resources = [for role in aws_iam_role.notebooks : role.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["emr-serverless.amazonaws.com"]
    }
  }

  statement {
    sid       = "CreateWorkspaces"
    actions   = ["iam:PassRole"]
    resources = [for role in aws_iam_role.emr_studio : role.arn]
  }

  # The Studio stores the credentials of Git repositories as secrets.
  statement {
    sid       = "TagSecrets"
    actions   = ["secretsmanager:TagResource"]
    resources = ["arn:${local.partition}:secretsmanager:${local.account}:secret:emr-studio-*"]
  }

  statement {
    sid       = "NotebookStorage"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = [local.bucket_arns.technical]
  }

  statement {
    sid       = "Notebooks"
    actions   = ["s3:GetObject"]
    resources = [local.notebooks_arn]
  }

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
