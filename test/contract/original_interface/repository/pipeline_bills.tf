data "aws_iam_policy_document" "inbox" {
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::shop-inbox", "arn:aws:s3:::shop-inbox/*"]
  }
}

module "bills" {
  source = "../../../../pipeline_factory"

  pipeline_name        = "bills"
  database_description = "Bills and tables derived from them"
  domain_object        = module.domain

  prevent_destroy = var.prevent_destroy

  tasks_configuration = {
    load_bills = {
      type         = "python"
      path         = "${path.module}/tasks/load_bills"
      infra_type   = "ECS"
      infra_config = { cpu = "512", memory = "1024" }
      output_tables = {
        "bills.bills" = {
          ingestion_mode = "upsert"
          upsert_keys    = ["bill_id", "country"]
          partition_keys = ["country"]
        }
        "bills.rejected" = { ingestion_mode = "append" }
      }
      additional_parameters = {
        "inbox.$" = "$.inbox"
        delimiter = ";"
      }
      additional_permissions     = data.aws_iam_policy_document.inbox.json
      additional_rebuild_trigger = {}
    }

    totals = {
      type         = "sql"
      path         = "${path.module}/tasks/totals"
      infra_type   = "ECS"
      infra_config = { cpu = "512", memory = "1024" }
      input_tables = ["bills.bills"]
      output_tables = {
        "bills.totals" = { ingestion_mode = "overwrite" }
      }
      additional_parameters = {
        excluded_country = "it"
        minimum          = "0"
      }
      additional_rebuild_trigger = { library = "1.2.0" }
    }

    customers = {
      type         = "python"
      path         = "${path.module}/tasks/customers"
      infra_type   = "EMRServerless"
      infra_config = {}
      input_tables = ["bills.bills"]
      output_tables = {
        "bills.customers" = { ingestion_mode = "overwrite" }
      }
    }
  }

  trigger = {
    type       = "schedule"
    argument   = "cron(15 1 * * ? *)"
    parameters = jsonencode({ inbox = "s3://shop-inbox/bills/" })
  }

  failure_notification_receivers = ["billing@example.com"]
}

output "bills_state_machine_arn" {
  value = module.bills.state_machine_arn
}
