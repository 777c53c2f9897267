# One execution loads all files that arrive within two minutes, and counts parcels by depot.
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

  pipeline_name = "deliveries"
  domain_object = jsondecode(data.aws_ssm_parameter.domain.insecure_value)

  tasks_configuration = {
    # It takes the objects of the trigger, so it may read them.
    load_files = {
      path          = "${path.module}/tasks/load_files"
      infra_config  = { use_spot = true }
      output_tables = { "deliveries.parcels" = { ingestion_mode = "upsert", upsert_keys = ["parcel_id"] } }
      additional_parameters = {
        "keys.$" = "States.JsonToString($[*].detail.object.key)"
        bucket   = aws_s3_bucket.inbox.bucket
      }
    }

    parcels_by_depot = {
      path                  = "${path.module}/tasks/parcels_by_depot"
      input_tables          = ["deliveries.parcels"]
      input_paths           = ["s3://${aws_s3_bucket.inbox.bucket}/reference/"]
      output_paths          = ["s3://${aws_s3_bucket.inbox.bucket}/reports/"]
      output_tables         = { "deliveries.parcels_by_depot" = { ingestion_mode = "overwrite" } }
      additional_parameters = { bucket = aws_s3_bucket.inbox.bucket }
    }
  }

  trigger = {
    type                 = "s3"
    bucket               = aws_s3_bucket.inbox.bucket
    prefix               = "parcels/"
    suffix               = ".csv"
    batch_window_seconds = 120
  }
}

resource "aws_s3_bucket" "inbox" {
  bucket        = "shop-sales-${var.stage_name}-inbox"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "inbox" {
  bucket                  = aws_s3_bucket.inbox.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_notification" "inbox" {
  bucket      = aws_s3_bucket.inbox.id
  eventbridge = true
}

variable "stage_name" {
  description = "Stage of the domain."
  type        = string
  default     = "dev"
}

output "inbox" {
  description = "Bucket for files with the prefix parcels/, and reference/depots.csv."
  value       = aws_s3_bucket.inbox.id
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.pipeline.state_machine_arn
}
