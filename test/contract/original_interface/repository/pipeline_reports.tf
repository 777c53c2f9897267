module "reports" {
  source = "../../../../pipeline_factory"

  pipeline_name = "reports"
  domain_object = module.domain

  prevent_destroy = var.prevent_destroy

  tasks_configuration = {
    check = {
      type         = "python"
      path         = "${path.module}/tasks/check"
      infra_type   = "ECS"
      infra_config = { cpu = "256", memory = "512" }
      input_tables = ["bills.bills", "bills.totals"]
      output_tables = {
        "reports.checks" = { ingestion_mode = "append" }
      }
      additional_parameters = { "allowed_total.$" = "$.allowed_total" }
    }

    best_customers = {
      type       = "sql"
      path       = "${path.module}/tasks/best_customers"
      infra_type = "EMRServerless"
      infra_config = {
        spark_executor_cores    = "2"
        spark_executor_memory   = "4g"
        spark_driver_cores      = "1"
        spark_driver_memory     = "2g"
        maximum_capacity_cpu    = "8 vCPU"
        maximum_capacity_memory = "32 GB"
        job_timeout_minutes     = "30"
      }
      input_tables = ["bills.customers"]
      output_tables = {
        "reports.best_customers" = { ingestion_mode = "overwrite" }
      }
      additional_parameters = { number = "1" }
    }
  }

  orchestration_configuration_template_file_path = "${path.module}/orchestration_configuration.tftpl.json"

  trigger = {
    type     = "none"
    argument = "none"
  }
}

output "reports_state_machine_arn" {
  value = module.reports.state_machine_arn
}
