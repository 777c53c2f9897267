resource "aws_athena_workgroup" "this" {
  name          = local.environment
  description   = "Queries of ${local.environment}"
  force_destroy = true
  tags          = local.tags

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.athena_bytes_scanned_cutoff

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${aws_s3_bucket.this["technical"].bucket}/athena/results/"
      expected_bucket_owner = local.account_id

      encryption_configuration {
        encryption_option = var.kms_key_arn == null ? "SSE_S3" : "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

# A workgroup and a prefix for each group, so that groups cannot read the results of each other or of tasks.
resource "aws_athena_workgroup" "consumer" {
  for_each = local.consumer_groups

  name          = local.consumer_names[each.value]
  description   = "Queries of consumers of ${local.environment}"
  force_destroy = true
  tags          = local.tags

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query = (
      contains(local.datalfred_groups, each.value)
      ? var.datalfred_bytes_scanned_cutoff
      : var.athena_bytes_scanned_cutoff
    )

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      expected_bucket_owner = local.account_id
      output_location = join("/", [
        "s3://${aws_s3_bucket.this["technical"].bucket}", local.consumer_prefixes[each.value], "results/",
      ])

      encryption_configuration {
        encryption_option = var.kms_key_arn == null ? "SSE_S3" : "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}
