# A domain for every case that Python's names are tested with.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  cases = {
    for case in jsondecode(file("${path.module}/../../../test/contract/naming_cases.json")) :
    "${case.function} ${join(" ", case.arguments)}" => case
  }

  names_of_domains = ["environment_name", "data_bucket_name", "technical_bucket_name"]

  domains = merge(
    {
      for key, case in local.cases :
      key => { project = case.arguments[0], domain = case.arguments[1], stage = case.arguments[2], name = case.name }
      if contains(local.names_of_domains, case.function)
    },
    {
      # ECR refuses '__' and '_' at the end, which Python's rule leaves in a name.
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
  made = {
    for key, domain in module.domain : key => lookup({
      normalized_stage_name = domain.domain_object.stage_name
      environment_name      = domain.domain_object.environment
      database_name         = domain.domain_object.layers.domain.database
      data_bucket_name      = domain.domain_object.data_bucket
      technical_bucket_name = domain.domain_object.technical_bucket
    }, local.cases[key].function)
  }
}

output "differences" {
  description = "What Terraform names otherwise than Python."
  value = [
    for key, name in local.made : "${key}: ${name} instead of ${local.cases[key].name}"
    if name != local.cases[key].name
  ]
}

output "compared" {
  description = "Number of cases."
  value       = length(local.made)
}
