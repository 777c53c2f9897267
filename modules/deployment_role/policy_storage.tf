data "aws_iam_policy_document" "storage" {
  statement {
    sid = "Buckets"
    actions = [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:GetAccelerateConfiguration",
      "s3:GetBucketAcl",
      "s3:GetBucketCORS",
      "s3:GetBucketLogging",
      "s3:GetBucketNotification",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration",
      "s3:GetIntelligentTieringConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "s3:PutBucketNotification",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutIntelligentTieringConfiguration",
      "s3:PutLifecycleConfiguration",
    ]
    resources = [local.bucket_arn]
  }

  # A destroy with `delete_data_on_destroy` deletes objects.
  statement {
    sid = "Objects"
    actions = [
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:PutObject",
      "s3:PutObjectTagging",
    ]
    resources = ["${local.bucket_arn}/*"]
  }

  # Those on tables are for apply_tables of pipeline_factory.
  statement {
    sid = "TableBuckets"
    actions = [
      "s3tables:CreateNamespace",
      "s3tables:CreateTable",
      "s3tables:CreateTableBucket",
      "s3tables:DeleteNamespace",
      "s3tables:DeleteTableBucket",
      "s3tables:DeleteTableBucketPolicy",
      "s3tables:GetNamespace",
      "s3tables:GetTableBucket",
      "s3tables:GetTableBucketEncryption",
      "s3tables:GetTableBucketMaintenanceConfiguration",
      "s3tables:GetTableBucketPolicy",
      "s3tables:GetTableData",
      "s3tables:GetTableMetadataLocation",
      "s3tables:ListNamespaces",
      "s3tables:PutTableBucketEncryption",
      "s3tables:PutTableBucketMaintenanceConfiguration",
      "s3tables:PutTableBucketPolicy",
      "s3tables:PutTableData",
      "s3tables:UpdateTableMetadataLocation",
    ]
    resources = ["arn:${local.partition}:s3tables:${local.account}:bucket/${local.hyphenated}-*"]
  }

  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? ["kms"] : []

    content {
      sid       = "Keys"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = var.kms_key_arns
    }
  }

  # Only services create grants for the role, which could otherwise give any principal access to the key.
  # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? ["kms"] : []

    content {
      sid       = "KeyGrants"
      actions   = ["kms:CreateGrant"]
      resources = var.kms_key_arns

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.state_bucket[*]

    content {
      sid     = "States"
      actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = flatten([
        for key in var.state_keys : [
          for path in [key, "${key}.tflock", "env:/*/${key}", "env:/*/${key}.tflock"] :
          "arn:${local.partition}:s3:::${statement.value}/${path}"
        ]
      ])
    }
  }

  # https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
  dynamic "statement" {
    for_each = var.state_bucket[*]

    content {
      sid       = "StateList"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${local.partition}:s3:::${statement.value}"]
    }
  }

  dynamic "statement" {
    for_each = var.state_lock_table[*]

    content {
      sid       = "StateLock"
      actions   = ["dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem"]
      resources = ["arn:${local.partition}:dynamodb:${local.account}:table/${statement.value}"]
    }
  }
}
