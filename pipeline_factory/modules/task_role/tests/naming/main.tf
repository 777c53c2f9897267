# A role for each golden case of a task's role.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  cases = {
    for case in jsondecode(file("${path.module}/../../../../../test/contract/naming_cases.json")) :
    case.name => join("_", case.arguments) if case.function == "task_role_name"
  }
}

module "role" {
  source   = "../.."
  for_each = local.cases

  name           = each.value
  service        = "ecs-tasks.amazonaws.com"
  input_tables   = []
  output_tables  = []
  log_group_name = "tasks"
  domain = {
    database_prefix        = "dev_"
    region                 = "eu-west-1"
    account_id             = "111122223333"
    partition              = "aws"
    data_bucket            = "data"
    technical_bucket       = "technical"
    athena_workgroup       = "workgroup"
    lake_formation_enabled = false
  }
}

output "names" {
  description = "Names of the roles by those that the golden cases expect."
  value       = { for expected, role in module.role : expected => role.name }
}
