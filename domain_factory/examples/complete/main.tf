# A domain with all features: layers, Spark with notebooks, its own KMS key, Bedrock profiles, a package repository, and
# a path and a permissions boundary for its roles.
# The region and credentials come from environment variables such as AWS_REGION and AWS_PROFILE.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {}

module "domain" {
  source = "../.."

  project_name         = "shop"
  domain_name          = var.domain_name
  stage_name           = var.stage_name
  git_repository       = "https://git.example.com/shop/sales"
  database_description = "Orders and their customers"
  tags                 = { team = "sales-data" }

  layers = {
    raw     = { description = "As delivered" }
    trusted = { description = "Validated and typed" }
    service = { description = "Published to other domains", database = "${var.domain_name}_products" }
  }

  network            = { created = {} }
  use_public_subnets = false
  container_cli      = var.container_cli
  kms_key_arn        = aws_kms_key.domain.arn

  permissions_boundary_arn = var.permissions_boundary_arn
  role_path                = "/datalake/"

  data_steward_arns              = var.data_steward_arns
  datalfred_user_arns            = var.datalfred_user_arns
  failure_notification_receivers = ["sales-data@example.com"]
  athena_bytes_scanned_cutoff    = 200000000000
  failure_reports                = { for arn in var.slack_secret_arn[*] : "slack_secret_arn" => arn }
  freshness_check                = { schedule = "rate(1 hour)" }
  monthly_budget_usd             = 500
  alarms                         = { execution_minutes = 180 }
  max_task_age_minutes           = 360

  data_retention = {
    old_version_days       = 14
    delete_data_on_destroy = true
  }

  skip_emr_serverless_sandbox_creation = false
  emr_serverless                       = { architecture = "ARM64", maximum_vcpus = 64, maximum_memory_gb = 512 }
  enable_emr_studio                    = true
}

output "dashboard_url" {
  description = "Dashboard of the domain."
  value       = module.domain.dashboard_url
}

output "domain_object" {
  description = "Input of pipeline_factory."
  value       = module.domain.domain_object
}
