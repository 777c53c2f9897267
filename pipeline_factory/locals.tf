locals {
  environment = local.domain.environment
  full_name   = "${local.environment}_${var.pipeline_name}"
  database    = "${local.domain.database_prefix}${var.pipeline_name}"
  tags = merge(local.domain.tags, {
    project_name  = local.domain.project_name
    domain_name   = local.domain.domain_name
    stage_name    = local.domain.stage_name
    pipeline_name = var.pipeline_name
  })

  partition          = local.domain.partition
  account            = "${local.domain.region}:${local.domain.account_id}"
  log_retention_days = local.domain.log_retention_days

  names             = module.names.names
  state_machine_arn = "arn:${local.partition}:states:${local.account}:stateMachine:${local.full_name}"
}

module "names" {
  source = "../modules/names"

  # Names of pipelines and tasks do not contain '-', so these names cannot collide with the role of a task.
  names = {
    execution_role = "${local.full_name}-execution"
    failures       = "${local.full_name}-failures"
    undelivered    = "${local.full_name}-undelivered"
  }
}
