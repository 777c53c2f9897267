locals {
  # Prefixes of the technical bucket, and the days after which their objects expire.
  expiring_prefixes = merge(
    {
      "athena/"   = module.settings.data_retention.query_result_days
      "logs/"     = module.settings.data_retention.log_days
      "redshift/" = module.settings.data_retention.query_result_days
      # The run ledger.
      "runs/" = 400
      # Batches of modules/ingestion_api, which keeps dead letters for 14 days.
      "ingestion_api/" = 15
    },
    local.failure_reports_enabled ? { (local.failure_reports_prefix) = module.settings.data_retention.log_days } : {},
  )
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket_versioning.this

  bucket = each.value.bucket

  dynamic "rule" {
    for_each = each.key == "data" ? ["intelligent_tiering"] : []

    content {
      id     = rule.value
      status = "Enabled"

      filter {}

      transition {
        days          = 0
        storage_class = "INTELLIGENT_TIERING"
      }
    }
  }

  dynamic "rule" {
    for_each = each.key == "technical" ? local.expiring_prefixes : {}

    content {
      id     = trimsuffix(rule.key, "/")
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }

      # In a versioned bucket, objects that expire become noncurrent versions, which are still stored.
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  rule {
    id     = "old_versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = module.settings.data_retention.old_version_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "unfinished_uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = module.settings.data_retention.unfinished_upload_days
    }
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "archive" {
  for_each = toset(module.settings.data_retention.archive_after_days == null ? [] : [aws_s3_bucket.this["data"].bucket])

  bucket = each.value
  name   = "archive"

  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = module.settings.data_retention.archive_after_days
  }
}
