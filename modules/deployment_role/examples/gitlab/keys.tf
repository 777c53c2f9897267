# Permissions for a resource that is not part of the factories: the encryption key of the domain.
resource "aws_iam_role_policy" "keys" {
  name   = "keys"
  role   = module.dev.role_name
  policy = data.aws_iam_policy_document.keys.json
}

locals {
  key_tags = { project_name = "shop", domain_name = "sales", stage_name = "dev" }
  key_arns = ["arn:aws:kms:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:key/*"]
}

data "aws_iam_policy_document" "keys" {
  # CreateKey does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
  statement {
    actions   = ["kms:CreateKey"]
    resources = ["*"]

    dynamic "condition" {
      for_each = local.key_tags

      content {
        test     = "StringEquals"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    actions   = ["kms:TagResource"]
    resources = local.key_arns

    dynamic "condition" {
      for_each = local.key_tags

      content {
        test     = "StringEquals"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }

    # New keys have no tags yet; those of others would become the role's own.
    dynamic "condition" {
      for_each = local.key_tags

      content {
        test     = "StringEqualsIfExists"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    actions = [
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
    ]
    resources = local.key_arns
  }

  # IDs of keys are not known before they exist: tags restrict them.
  statement {
    actions = [
      "kms:Decrypt",
      "kms:EnableKeyRotation",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UpdateKeyDescription",
    ]
    resources = local.key_arns

    dynamic "condition" {
      for_each = local.key_tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  # ECR, Lambda and CodeArtifact create grants for the role, which cannot create its own.
  statement {
    actions   = ["kms:CreateGrant"]
    resources = local.key_arns

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }

    dynamic "condition" {
      for_each = local.key_tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }
}
