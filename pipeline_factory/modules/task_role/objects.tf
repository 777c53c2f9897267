locals {
  # Arrow and Spark request a folder also as an object without the slash at its end, as they do for tables.
  object_folders   = [for object in var.readable_objects : trimsuffix(object, "/*") if can(regex("/.+/\\*$", object))]
  readable_objects = setunion(var.readable_objects, local.object_folders)

  # By bucket, so that a prefix is not listed in another bucket.
  readable_patterns = {
    for object in local.readable_objects : split("/", object)[0] => trimprefix(object, "${split("/", object)[0]}/")...
  }
}

data "aws_iam_policy_document" "objects" {
  dynamic "statement" {
    for_each = length(local.readable_objects) > 0 ? [local.readable_objects] : []

    content {
      sid       = "ReadObjects"
      actions   = ["s3:GetObject"]
      resources = [for object in statement.value : "arn:${var.domain.partition}:s3:::${object}"]
    }
  }

  dynamic "statement" {
    for_each = local.readable_patterns

    content {
      sid       = "ListObjects${index(keys(local.readable_patterns), statement.key) + 1}"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${var.domain.partition}:s3:::${statement.key}"]

      dynamic "condition" {
        for_each = contains(statement.value, "*") ? [] : [statement.value]

        content {
          test     = "StringLike"
          variable = "s3:prefix"
          values   = condition.value
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.writable_objects) > 0 ? [var.writable_objects] : []

    content {
      sid       = "WriteObjects"
      actions   = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
      resources = [for object in statement.value : "arn:${var.domain.partition}:s3:::${object}"]
    }
  }
}
