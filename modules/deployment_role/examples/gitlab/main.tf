# Roles with which GitLab applies domain_factory and pipeline_factory: for stage dev of the domain sales, for its other
# stages, and for another domain.
# An administrator applies this once. The region and credentials come from environment variables such as AWS_REGION and
# AWS_PROFILE.

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

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

module "dev" {
  source = "../.."

  project_name             = "shop"
  domain_name              = "sales"
  stage_name               = "dev"
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  role_path                = "/datalake/"

  oidc_issuer_url = "https://gitlab.example.com"
  oidc_subjects   = ["project_path:shop/sales:ref_type:branch:ref:*"]
}

module "other_stages" {
  source = "../.."

  project_name = "shop"
  domain_name  = "sales"

  oidc_issuer_url      = "https://gitlab.example.com"
  oidc_subjects        = ["project_path:shop/sales:ref_type:branch:ref:main"]
  create_oidc_provider = false
}

module "billing" {
  source = "../.."

  project_name   = "shop"
  domain_name    = "billing"
  stage_name     = "feature_*"
  database_names = ["billing", "bills", "reports"]
  state_bucket   = "shop-terraform-states"
  state_keys     = ["billing.tfstate"]

  oidc_issuer_url      = "https://gitlab.example.com"
  oidc_subjects        = ["project_path:shop/billing:ref_type:branch:ref:*"]
  create_oidc_provider = false
}

output "role_arns" {
  description = "Roles for the provider of each configuration."
  value = {
    dev          = module.dev.role_arn
    other_stages = module.other_stages.role_arn
    billing      = module.billing.role_arn
  }
}

output "permissions_boundary_arn" {
  description = "Permissions boundary of the roles of stage dev."
  value       = aws_iam_policy.boundary.arn
}
