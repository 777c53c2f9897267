# Standard output of the driver, with the log of the task, and its error output, with the log of Spark. Glue appends
# these names to the prefix of a job. https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["error", "output"])

  name              = "${var.log_group_name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.domain.kms_key_arn
  tags              = var.tags
}
