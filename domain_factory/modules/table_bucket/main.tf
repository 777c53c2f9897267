resource "aws_s3tables_table_bucket" "this" {
  name = var.name

  encryption_configuration = {
    sse_algorithm = var.kms_key_arn == null ? "AES256" : "aws:kms"
    kms_key_arn   = var.kms_key_arn
  }

  maintenance_configuration = {
    iceberg_unreferenced_file_removal = {
      status = "enabled"
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html
      settings = { unreferenced_days = 3, non_current_days = var.old_version_days }
    }
  }
}

resource "aws_s3tables_table_bucket_policy" "this" {
  table_bucket_arn = aws_s3tables_table_bucket.this.arn
  resource_policy  = module.tls_only.json
}

module "tls_only" {
  source = "../../../modules/tls_only"

  actions   = ["s3tables:*"]
  resources = [var.arn, "${var.arn}/*"]
}

resource "aws_s3tables_namespace" "this" {
  for_each = var.namespaces

  table_bucket_arn = aws_s3tables_table_bucket.this.arn
  namespace        = each.value
}
