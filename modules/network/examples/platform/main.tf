# The network of a platform: one VPC whose endpoints all domains of the project share.
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

module "network" {
  source = "../.."

  name                = "shop_network_platform_prod"
  cidr_block          = "10.9.0.0/16"
  zone_count          = 2
  endpoint_zone_count = 1
  tags                = { project_name = "shop" }
}

output "vpc_id" {
  description = "ID of the VPC."
  value       = module.network.vpc_id
}
