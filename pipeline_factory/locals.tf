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
  log_retention_days = 30

  # A name over its service's limit ends with '_' and 9 hex digits of its SHA-1, as datalake_sdk/naming.py cuts it.
  # '-' is in no pipeline's and no task's name, so these never meet a task's role.
  long_names = {
    state_machine_role = "${local.full_name}-states"
    execution_role     = "${local.full_name}-execution"
    trigger            = "${local.full_name}-trigger"
    dead_letters       = "${local.full_name}-dead-letters"
    failures           = "${local.full_name}-failures"
  }
  names = {
    for thing, name in local.long_names :
    thing => length(name) <= 64 ? name : "${substr(name, 0, 54)}_${substr(sha1(name), 0, 9)}"
  }

  state_machine_arn = "arn:${local.partition}:states:${local.account}:stateMachine:${local.full_name}"
}
