output "arn" {
  description = "ARN of the table bucket, available once its policy and its namespaces exist."
  value       = aws_s3tables_table_bucket.this.arn

  depends_on = [aws_s3tables_table_bucket_policy.this, aws_s3tables_namespace.this]
}
