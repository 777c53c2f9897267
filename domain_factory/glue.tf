locals {
  is_protected = coalesce(var.prevent_destroy, !module.settings.data_retention.delete_data_on_destroy)
}

# The location is built from the name of the bucket, which depends on the databases, and is therefore destroyed before
# them: as long as S3 rejects the deletion of a bucket that contains objects, Terraform keeps the catalog.
resource "aws_glue_catalog_database" "layer" {
  for_each = local.layers

  name         = each.value.database
  description  = each.value.description
  location_uri = "s3://${local.data_bucket}/${each.value.prefix}"
  tags         = local.tags

  # The settings of the account determine the grants on a new database.
  # https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
  depends_on = [var.lake_formation_account]
}

# lifecycle.prevent_destroy does not support variables. This resource depends on all others, directly or not, so it is
# destroyed first, and if that fails, Terraform keeps them.
# https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#literal-values-only
resource "terraform_data" "database_protection" {
  for_each = aws_glue_catalog_database.layer

  input            = local.is_protected
  triggers_replace = each.value.name

  provisioner "local-exec" {
    when    = destroy
    command = <<-SHELL
      test ${self.input} = false || {
        echo "Database ${self.triggers_replace} is protected: its tables would be removed from the catalog." >&2
        echo "Set prevent_destroy = false and apply; then destroy. Buckets that contain objects also require" >&2
        echo "data_retention = { delete_data_on_destroy = true }." >&2
        exit 1
      }
    SHELL
  }

  depends_on = [
    aws_athena_workgroup.consumer,
    aws_bedrock_inference_profile.this,
    aws_budgets_budget.this,
    aws_cloudwatch_dashboard.this,
    aws_cloudwatch_event_target.failsafe,
    aws_cloudwatch_event_target.failure_reports,
    aws_cloudwatch_event_target.freshness_check,
    aws_cloudwatch_metric_alarm.failsafe,
    aws_cloudwatch_metric_alarm.undelivered,
    aws_ecr_repository_policy.emr_sandbox,
    aws_ecr_repository_policy.failsafe,
    aws_ecr_repository_policy.failure_reports,
    aws_ecr_repository_policy.freshness_check,
    aws_ecs_cluster_capacity_providers.this,
    aws_emr_studio.this,
    aws_emrserverless_application.this,
    aws_iam_policy.consumer,
    aws_iam_policy.emr_studio_users,
    aws_iam_role_policy.datalfred,
    aws_iam_role_policy.emr_studio,
    aws_iam_role_policy.failsafe,
    aws_iam_role_policy.failure_reports,
    aws_iam_role_policy.freshness_check,
    aws_iam_role_policy.investigation,
    aws_iam_role_policy.notebooks,
    aws_iam_role_policy.redshift_copy,
    aws_lakeformation_permissions.datalfred_database,
    aws_lakeformation_permissions.datalfred_tables,
    aws_lakeformation_permissions.freshness_check_database,
    aws_lakeformation_permissions.freshness_check_tables,
    aws_lakeformation_permissions.notebooks_database,
    aws_lakeformation_permissions.notebooks_tables,
    aws_lakeformation_permissions.redshift_database,
    aws_lakeformation_permissions.redshift_tables,
    aws_lakeformation_permissions.steward_database,
    aws_lakeformation_permissions.steward_location,
    aws_lakeformation_permissions.steward_tables,
    aws_lambda_permission.failsafe,
    aws_lambda_permission.failure_reports,
    aws_lambda_permission.freshness_check,
    aws_s3_bucket_intelligent_tiering_configuration.archive,
    aws_s3_bucket_lifecycle_configuration.this,
    aws_s3_bucket_notification.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
    aws_sns_topic_policy.failures,
    aws_sns_topic_subscription.failures,
    aws_sqs_queue_policy.undelivered,
    aws_ssm_parameter.this,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.spark_https,
    aws_vpc_security_group_egress_rule.spark_workers,
    aws_vpc_security_group_egress_rule.studio_workspace_engine,
    aws_vpc_security_group_egress_rule.studio_workspace_https,
    aws_vpc_security_group_ingress_rule.spark_workers,
    aws_vpc_security_group_ingress_rule.studio_engine,
    module.emr_stop,
    module.network,
    module.sandbox_image,
    module.table_bucket,
  ]
}
