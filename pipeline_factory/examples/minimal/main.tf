# One task, without a trigger.
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

# domain_factory creates this parameter for separate configurations.
data "aws_ssm_parameter" "domain" {
  name = "/datalake/shop_sales_${var.stage_name}/domain_object"
}

module "pipeline" {
  source = "../.."

  pipeline_name = "catalogue"
  domain_object = jsondecode(data.aws_ssm_parameter.domain.insecure_value)

  tasks_configuration = {
    load_products = {
      path          = "${path.module}/tasks/load_products"
      output_tables = { "catalogue.products" = { ingestion_mode = "overwrite" } }
    }
  }
}

variable "stage_name" {
  description = "Stage of the domain."
  type        = string
  default     = "dev"
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.pipeline.state_machine_arn
}
