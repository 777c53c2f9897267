locals {
  environment = var.domain_object.environment
  full_name   = "${local.environment}_${var.pipeline_name}"
  database    = "${var.domain_object.database_prefix}${var.pipeline_name}"
  tags = merge(var.domain_object.tags, {
    project_name  = var.domain_object.project_name
    domain_name   = var.domain_object.domain_name
    stage_name    = var.domain_object.stage_name
    pipeline_name = var.pipeline_name
  })

  partition          = var.domain_object.partition
  account            = "${var.domain_object.region}:${var.domain_object.account_id}"
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

  # What domain_factory names so, after its environment.
  names_of_the_domain = ["emr_sandbox", "emr_studio", "failsafe_ecs", "failsafe_emr", "failsafe_schedule", "lake_formation"]

  state_machine_arn = "arn:${local.partition}:states:${local.account}:stateMachine:${local.full_name}"
}
