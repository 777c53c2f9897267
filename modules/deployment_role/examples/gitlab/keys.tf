# Permissions for a resource that is not part of the factories: the encryption key of the domain.
resource "aws_iam_role_policy" "keys" {
  name   = "keys"
  role   = module.dev.role_name
  policy = data.aws_iam_policy_document.keys.json
}

data "aws_iam_policy_document" "keys" {
  # The action does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
  statement {
    actions   = ["kms:CreateKey"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/domain_name"
      values   = ["sales"]
    }
  }

  statement {
    actions = [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:EnableKeyRotation",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UpdateKeyDescription",
    ]
    resources = [
      "arn:aws:kms:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:key/*",
    ]
  }
}
