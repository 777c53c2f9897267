# A domain for each golden case of the SDK.

terraform {
  required_version = ">= 1.9"

  required_providers {
    # tflint-ignore: terraform_unused_required_providers # the mocked provider of the test
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

locals {
  cases = {
    for case in jsondecode(file("${path.module}/../../../test/contract/naming_cases.json")) :
    "${case.function} ${join(" ", case.arguments)}" => case
  }

  domain_functions = ["environment_name", "data_bucket_name", "technical_bucket_name"]

  domains = merge(
    {
      for key, case in local.cases :
      key => { project = case.arguments[0], domain = case.arguments[1], stage = case.arguments[2], name = case.name }
      if contains(local.domain_functions, case.function)
    },
    {
      # ECR does not accept '__' and a trailing '_', which normalization keeps.
      for key, case in local.cases :
      key => { project = "shop", domain = "sales", stage = case.arguments[0], name = case.name }
      if case.function == "normalized_stage_name" && !can(regex("__|_$", case.name))
    },
    {
      for key, case in local.cases :
      key => { project = "shop", domain = case.arguments[1], stage = case.arguments[0], name = case.name }
      if case.function == "database_name"
    },
  )
}

module "domain" {
  source   = "../.."
  for_each = local.domains

  project_name   = each.value.project
  domain_name    = each.value.domain
  stage_name     = each.value.stage
  git_repository = "https://git.example.com/shop/sales"
}

locals {
  actual_names = {
    for key, domain in module.domain : key => {
      normalized_stage_name = domain.domain_object.stage_name
      environment_name      = domain.domain_object.environment
      database_name         = domain.domain_object.layers.domain.database
      data_bucket_name      = domain.domain_object.data_bucket
      technical_bucket_name = domain.domain_object.technical_bucket
    }[local.cases[key].function]
  }
}

output "differences" {
  description = "Names that differ from those of the SDK."
  value = [
    for key, name in local.actual_names : "${key}: ${name} instead of ${local.cases[key].name}"
    if name != local.cases[key].name
  ]
}

output "compared" {
  description = "Number of compared cases."
  value       = length(local.actual_names)
}
