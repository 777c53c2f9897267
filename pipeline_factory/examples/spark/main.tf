# An event starts a Spark task; a template decides which tasks run.
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

  pipeline_name = "web_visits"
  domain_object = jsondecode(data.aws_ssm_parameter.domain.insecure_value)

  tasks_configuration = {
    load_day = {
      path              = "${path.module}/tasks/load_day"
      infra_type        = "EMRServerless"
      timeout_minutes   = 120
      heartbeat_seconds = 900
      infra_config = {
        spark_configuration = {
          "spark.executor.cores"                 = "4"
          "spark.executor.memory"                = "14g"
          "spark.dynamicAllocation.maxExecutors" = "8"
        }
      }
      output_tables = {
        "web_visits.visits" = { ingestion_mode = "overwrite_partitions", partition_keys = ["day(visited_at)"] }
      }
      input_paths           = ["s3://shop-web-exports/"]
      additional_parameters = { "folder.$" = "$.detail.folder" }
    }

    rank_pages = {
      path          = "${path.module}/tasks/rank_pages"
      type          = "sql"
      input_tables  = ["web_visits.visits"]
      output_tables = { "web_visits.pages" = { ingestion_mode = "overwrite" } }
    }
  }

  orchestration_configuration_template_file_path = "${path.module}/orchestration.asl.json"

  trigger = {
    type          = "event"
    event_pattern = jsonencode({ source = ["shop.web"], "detail-type" = ["Export finished"] })
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
