locals {
  base_images = {
    python = module.settings.base_images.python
    emr = local.emr_is_enabled ? coalesce(
      module.settings.base_images.emr,
      "public.ecr.aws/emr-serverless/spark/${module.settings.emr_serverless.release_label}:latest",
    ) : null
  }
}

module "domain_object" {
  source = "../modules/domain_object"

  domain_object = {
    project_name     = var.project_name
    domain_name      = var.domain_name
    stage_name       = local.stage_name
    environment      = local.environment
    database_prefix  = local.database_prefix
    region           = local.region
    account_id       = local.account_id
    partition        = local.partition
    data_bucket      = aws_s3_bucket.this["data"].bucket
    technical_bucket = aws_s3_bucket.this["technical"].bucket
    table_bucket_arn = local.s3_tables ? local.table_bucket_arn : null
    kms_key_arn      = var.kms_key_arn
    layers = {
      for name, layer in local.layers :
      name => { database = aws_glue_catalog_database.layer[name].name, prefix = layer.prefix }
    }
    datasets         = module.datasets.datasets
    athena_workgroup = aws_athena_workgroup.this.name

    network = {
      vpc_id            = local.vpc_id
      subnet_ids        = local.subnet_ids
      security_group_id = aws_security_group.tasks.id
      assign_public_ip  = var.use_public_subnets
    }

    ecs_cluster_arn = aws_ecs_cluster.this.arn
    emr_serverless = one([
      for application in aws_emrserverless_application.this : {
        application_id    = application.id
        application_arn   = application.arn
        release_label     = application.release_label
        architecture      = application.architecture
        security_group_id = one([for group in aws_security_group.spark : group.id])
        maximum_capacity = {
          cpu    = one(application.maximum_capacity).cpu
          memory = one(application.maximum_capacity).memory
        }
      }
    ])

    failure_topic_arn           = aws_sns_topic.failures.arn
    lake_formation_enabled      = var.enable_lake_formation
    use_only_iam_access_control = local.use_only_iam_access_control
    freshness_check_role_arn    = local.freshness_check_role_arn
    permissions_boundary_arn    = var.permissions_boundary_arn
    role_path                   = var.role_path
    failsafe_enabled            = var.enable_failsafe
    alarms                      = module.settings.alarms
    container_cli               = var.container_cli
    codeartifact                = local.codeartifact
    base_images                 = local.base_images
    log_retention_days          = module.settings.data_retention.log_days
    max_task_age_minutes        = var.max_task_age_minutes
    # A pipeline leaves its files in the data bucket, so `prevent_destroy = false` alone does not apply to its database.
    prevent_destroy = local.is_protected || !module.settings.data_retention.delete_data_on_destroy
    tags            = var.tags
  }
}
