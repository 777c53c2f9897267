module "role" {
  source = "../task_role"

  name                   = var.name
  service                = "emr-serverless.amazonaws.com"
  domain                 = var.domain
  input_tables           = var.task.input_tables
  output_tables          = keys(var.task.output_tables)
  readable_objects       = var.task.readable_objects
  writable_objects       = var.task.writable_objects
  secrets                = var.task.secrets
  log_group_name         = var.log_group_name
  additional_permissions = merge(var.task.additional_permissions, local.find_log_group)
  additional_policy      = var.task.additional_policy
  tags                   = var.tags
}

locals {
  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html#jobs-log-storage-cw
  find_log_group = {
    find_log_group = {
      actions   = ["logs:DescribeLogGroups"]
      resources = ["arn:${var.domain.partition}:logs:${var.domain.region}:${var.domain.account_id}:log-group:*"]
    }
  }
}
