resource "aws_glue_catalog_database" "this" {
  for_each = toset(var.skip_pipeline_database_creation ? [] : [local.database])

  name         = each.value
  description  = coalesce(var.database_description, "Tables of the pipeline ${var.pipeline_name}")
  location_uri = "s3://${local.domain.data_bucket}/${var.pipeline_name}"
  tags         = local.tags
}

resource "aws_s3tables_namespace" "this" {
  for_each = toset(local.domain.table_bucket_arn == null ? [] : keys(aws_glue_catalog_database.this))

  table_bucket_arn = local.domain.table_bucket_arn
  namespace        = each.value
}

# lifecycle.prevent_destroy does not support variables. This resource depends on all others, directly or not, so it is
# destroyed first, and if that fails, Terraform keeps them.
# https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#literal-values-only
resource "terraform_data" "database_protection" {
  for_each = aws_glue_catalog_database.this

  input = coalesce(var.prevent_destroy, local.domain.prevent_destroy)

  provisioner "local-exec" {
    when    = destroy
    command = <<-SHELL
      test ${self.input} = false || {
        echo "Database ${each.key} is protected: its tables would be removed from the catalog." >&2
        echo "Set prevent_destroy = false and apply; then destroy." >&2
        exit 1
      }
    SHELL
  }

  depends_on = [
    aws_cloudwatch_event_target.dataset_failures,
    aws_cloudwatch_event_target.failures,
    aws_cloudwatch_event_target.event,
    aws_cloudwatch_event_target.s3,
    aws_cloudwatch_metric_alarm.dead_letters,
    aws_cloudwatch_metric_alarm.executions,
    aws_cloudwatch_metric_alarm.queue_age,
    aws_iam_role_policy.execution,
    aws_lakeformation_permissions.freshness_check_database,
    aws_lakeformation_permissions.freshness_check_tables,
    aws_pipes_pipe.batch,
    aws_s3tables_namespace.this,
    aws_scheduler_schedule.this,
    aws_sfn_state_machine.this,
    aws_sns_topic_policy.failures,
    aws_sns_topic_subscription.failures,
    aws_sqs_queue_policy.batch,
    aws_sqs_queue_policy.dead_letters,
    aws_ssm_parameter.operations,
    aws_ssm_parameter.task_request,
    module.ecs_task,
    module.emr_task,
    module.glue_task,
    module.lambda_task,
    module.state_machine_role,
  ]
}
