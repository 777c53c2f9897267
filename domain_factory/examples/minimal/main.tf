# A domain with the defaults, in the platform's VPC: the one with the tag Name = shop_network_platform_prod.
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

  # For trying it out: `terraform destroy` then removes a domain whose buckets are empty.
  prevent_destroy = false
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
