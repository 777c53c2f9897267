# A domain whose tasks cannot reach the internet. It uses the private subnets of the platform's VPC, which has the tag
# Name = shop_network_platform_prod, and shares its endpoints with other domains: see modules/network/examples/platform.
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

  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = var.stage_name
  git_repository = "https://git.example.com/shop/sales"
  container_cli  = var.container_cli

  use_public_subnets = false
}

variable "stage_name" {
  description = "Stage of the domain."
  type        = string
  default     = "dev"
}

variable "container_cli" {
  description = "Program that builds and pushes images."
  type        = string
  default     = "docker"
}

output "domain_object" {
  description = "Input of pipeline_factory."
  value       = module.domain.domain_object
}
