data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  account    = "${data.aws_region.current.id}:${local.account_id}"

  # Names of domain_factory and pipeline_factory: the environment, or the environment and a suffix.
  environment = "${var.project_name}_${var.domain_name}_${var.stage_name}"
  own_prefix  = trimsuffix(local.environment, "*")
  names       = endswith(local.environment, "*") ? [local.environment] : [local.environment, "${local.environment}_*"]
  hyphenated  = replace(local.environment, "_", "-")

  # Stage prod has databases without a prefix.
  includes_prod = can(regex("^${replace(var.stage_name, "*", ".*")}$", "prod"))
  database_prefixes = (
    var.stage_name == "prod" ? [""] : concat(["${var.stage_name}_"], local.includes_prod ? [""] : [])
  )
  databases = [for pair in setproduct(local.database_prefixes, var.database_names) : "${pair[0]}${pair[1]}"]

  # Every resource has these tags, and IDs of some resources are not known before they exist.
  tags = {
    project_name = var.project_name
    domain_name  = var.domain_name
    stage_name   = var.stage_name
  }

  role_name = module.names.names.role
}

module "names" {
  source = "../names"

  # No resource of a domain has a name that starts with 'deployment-', since names of projects do not contain '-': the
  # role cannot change itself.
  names = { role = "deployment-${replace(local.environment, "*", "all")}" }
}

locals {
  formats = {
    budgets           = "budgets::${local.account_id}:budget/%s"
    access_logs       = "logs:${local.account}:log-group:/aws/vendedlogs/apis/%s"
    alarms            = "cloudwatch:${local.account}:alarm:%s"
    dashboards        = "cloudwatch::${local.account_id}:dashboard/%s"
    clusters          = "ecs:${local.account}:cluster/%s"
    jobs              = "glue:${local.account}:job/%s"
    functions         = "lambda:${local.account}:function:%s"
    images            = "ecr:${local.account}:repository/%s"
    machines          = "states:${local.account}:stateMachine:%s"
    parameters        = "ssm:${local.account}:parameter/datalake/%s/*"
    pipes             = "pipes:${local.account}:pipe/%s"
    policies          = "iam::${local.account_id}:policy/%s"
    request_tables    = "dynamodb:${local.account}:table/%s"
    queues            = "sqs:${local.account}:%s"
    roles             = "iam::${local.account_id}:role${var.role_path}%s"
    rules             = "events:${local.account}:rule/%s"
    schedules         = "scheduler:${local.account}:schedule/default/%s"
    task_definitions  = "ecs:${local.account}:task-definition/%s:*"
    topics            = "sns:${local.account}:%s"
    workgroups        = "athena:${local.account}:workgroup/%s"
    function_logs     = "logs:${local.account}:log-group:/aws/lambda/%s"
    state_machine_log = "logs:${local.account}:log-group:/aws/vendedlogs/states/%s"
    task_logs         = "logs:${local.account}:log-group:%s/*"
  }
  arns = {
    for kind, pattern in local.formats :
    kind => [for name in local.names : "arn:${local.partition}:${format(pattern, name)}"]
  }
  log_group_arns = concat(
    local.arns.access_logs, local.arns.function_logs, local.arns.state_machine_log, local.arns.task_logs,
  )

  bucket_arn        = "arn:${local.partition}:s3:::${local.hyphenated}-*"
  event_sources_arn = "arn:${local.partition}:lambda:${local.account}:event-source-mapping:*"
  ec2_arn           = "arn:${local.partition}:ec2:${local.account}"
  glue_arn          = "arn:${local.partition}:glue:${local.account}"
}
