data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  name_pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
  name_rule    = "lowercase letters, digits and single '_' between them, starting with a letter"
  own_tags     = ["project_name", "domain_name", "stage_name", "git_repository"]

  # datalake_sdk/naming.py derives the same names.
  snake_stage      = lower(replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_"))
  stage_name       = can(regex("^[a-z]", local.snake_stage)) ? local.snake_stage : "s${local.snake_stage}"
  environment      = "${var.project_name}_${var.domain_name}_${local.stage_name}"
  database_prefix  = local.stage_name == "prod" ? "" : "${local.stage_name}_"
  data_bucket      = replace("${var.project_name}-${var.domain_name}-${local.stage_name}-data", "_", "-")
  technical_bucket = replace("${var.project_name}-${var.domain_name}-${local.stage_name}-technical", "_", "-")

  names = module.names.names

  # Built from names instead of resources, so that policies are known during the plan.
  bucket_arns        = { for purpose, name in local.buckets : purpose => "arn:${local.partition}:s3:::${name}" }
  failure_topic_name = "${local.environment}_failures"
  failure_topic_arn  = "arn:${local.partition}:sns:${local.account}:${local.failure_topic_name}"
  account            = "${local.region}:${local.account_id}"
  ecs_cluster_arn    = "arn:${local.partition}:ecs:${local.account}:cluster/${local.environment}"

  # datalake_sdk/naming.py derives the same names. Datalfred is a reserved consumer group.
  consumer_groups   = setunion(var.consumer_groups, local.datalfred_groups)
  consumer_names    = { for group in local.consumer_groups : group => "${local.environment}_${group}" }
  consumer_prefixes = { for group in local.consumer_groups : group => "athena/consumers/${group}" }

  layers = merge(
    {
      domain = {
        database    = "${local.database_prefix}${var.domain_name}"
        prefix      = var.domain_name
        description = var.database_description
      }
    },
    {
      for name, layer in module.settings.layers : name => {
        database    = "${local.database_prefix}${layer.database}"
        prefix      = layer.database
        description = layer.description
      }
    },
  )

  emr_is_enabled = !var.skip_emr_serverless_sandbox_creation

  tags = merge(var.tags, {
    project_name   = var.project_name
    domain_name    = var.domain_name
    stage_name     = local.stage_name
    git_repository = var.git_repository
  })
}

module "names" {
  source = "../modules/names"

  names = {
    for purpose in [
      "lake_formation", "emr_studio", "notebooks", "failsafe", "failsafe_ecs", "failsafe_emr", "failsafe_schedule",
      "failsafe_executions", "failure_reports", "freshness_check", "datalfred", "redshift_copy",
    ] :
    purpose => "${local.environment}_${purpose}"
  }
}
