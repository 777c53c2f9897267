# Three tasks in one file, pipeline.yaml, with Python, SQL and Spark, which run every morning.
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

locals {
  domain   = jsondecode(data.aws_ssm_parameter.domain.insecure_value)
  pipeline = yamldecode(file("${path.module}/pipeline.yaml"))
}

module "pipeline" {
  source = "../.."

  pipeline_name = local.pipeline.pipeline_name
  domain_object = local.domain
  tasks_configuration = {
    for name, task in local.pipeline.tasks : name => merge(task, { path = "${path.module}/${task.path}" })
  }
  trigger = local.pipeline.trigger

  failure_notification_receivers = ["orders@example.com"]
}

resource "aws_s3_object" "orders" {
  bucket      = local.domain.technical_bucket
  key         = "inbox/orders.csv"
  source      = "${path.module}/orders.csv"
  source_hash = filemd5("${path.module}/orders.csv")
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
