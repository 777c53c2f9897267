locals {
  # Without the key of the JSON value.
  secret_arns = [for reference in values(var.secrets) : join(":", slice(split(":", reference), 0, 7))]
}

data "aws_iam_policy_document" "secrets" {
  count = length(var.secrets) > 0 ? 1 : 0

  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = local.secret_arns
  }

  # For secrets that are encrypted with a customer managed key.
  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${var.domain.partition}:kms:*:*:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = local.secret_arns
    }

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["secretsmanager.*"]
    }
  }
}
