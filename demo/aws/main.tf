# A domain with its own network, and a pipeline that loads each file that arrives, as `make demo-aws` applies them.

module "domain" {
  source = "../../domain_factory"

  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
  network        = { created = {} }

  # The destroy at the end also removes tables and their files.
  prevent_destroy = false
  data_retention  = { delete_data_on_destroy = true }
}

module "pipeline" {
  source = "../../pipeline_factory"

  pipeline_name = "daily_sales"
  domain_object = module.domain.domain_object

  tasks_configuration = {
    # It takes the object of the trigger, so it may read it.
    load_orders = {
      path                  = "${local.tasks}/load_orders"
      output_tables         = { "daily_sales.orders" = { ingestion_mode = "upsert", upsert_keys = ["order_id"] } }
      additional_parameters = { "source.$" = "$.detail.object.key" }
      retries               = 1
    }

    sales_by_day = {
      type          = "sql"
      path          = "${local.tasks}/sales_by_day"
      input_tables  = ["daily_sales.orders"]
      output_tables = { "sales.sales_by_day" = { ingestion_mode = "overwrite" } }
    }
  }

  trigger = {
    type   = "s3"
    bucket = module.domain.domain_object.technical_bucket
    prefix = "inbox/"
    suffix = ".csv"
  }
}

locals {
  tasks = "${path.module}/../../pipeline_factory/examples/complete/tasks"
}

output "inbox" {
  description = "Bucket in which files with the prefix inbox/ start the pipeline."
  value       = module.domain.domain_object.technical_bucket
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.pipeline.state_machine_arn
}

output "operators_queue_url" {
  description = "URL of the queue that receives the failure notifications."
  value       = aws_sqs_queue.operators.url
}
