locals {
  buckets = { data = local.data_bucket, technical = local.technical_bucket }
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket        = each.value
  force_destroy = module.settings.data_retention.delete_data_on_destroy
  tags          = local.tags

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
      condition = length(each.value) <= 63
      error_message = join(" ", [
        "The bucket name '${each.value}' has ${length(each.value)} characters; the limit of S3 is 63. Shorten",
        "project_name, domain_name or stage_name, for example with substr(var.stage_name, 0, 20).",
      ])
    }
  }

  depends_on = [aws_glue_catalog_database.layer]
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket_public_access_block.this

  bucket = each.value.bucket
  policy = module.bucket_tls_only[each.key].json
}

module "bucket_tls_only" {
  source   = "../modules/tls_only"
  for_each = local.bucket_arns

  actions   = ["s3:*"]
  resources = [each.value, "${each.value}/*"]
}

# A bucket has a single notification configuration, so pipelines cannot add their own: they receive its events from
# EventBridge.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
resource "aws_s3_bucket_notification" "this" {
  for_each = aws_s3_bucket.this

  bucket      = each.value.id
  eventbridge = true
}
