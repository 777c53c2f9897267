output "layers" {
  description = "Additional databases by layer."
  value = {
    for name, layer in var.layers : name => merge(layer, { database = local.layer_databases[name] })
  }

  precondition {
    condition     = length(local.layer_errors) == 0
    error_message = join("\n", local.layer_errors)
  }
}

output "data_retention" {
  description = "Retention periods."
  value       = var.data_retention

  precondition {
    condition     = length(local.data_retention_errors) == 0
    error_message = join("\n", local.data_retention_errors)
  }
}

output "alarms" {
  description = "Thresholds of alarms."
  value       = var.alarms

  precondition {
    condition     = length(local.alarm_errors) == 0
    error_message = join("\n", local.alarm_errors)
  }
}

output "failure_reports" {
  description = "Receiver of the reports of failures."
  value       = var.failure_reports

  precondition {
    condition     = length(local.failure_report_errors) == 0
    error_message = join("\n", local.failure_report_errors)
  }
}

output "freshness_check" {
  description = "Schedule of the freshness check."
  value       = var.freshness_check

  precondition {
    condition     = length(local.freshness_check_errors) == 0
    error_message = join("\n", local.freshness_check_errors)
  }
}

output "bedrock_model_ids" {
  description = "Models by size."
  value       = var.bedrock_model_ids

  precondition {
    condition     = length(local.bedrock_model_id_errors) == 0
    error_message = join("\n", local.bedrock_model_id_errors)
  }
}

output "network" {
  description = "Network of the tasks."
  value       = var.network

  precondition {
    condition     = length(local.network_choice_errors) == 0
    error_message = join("\n", local.network_choice_errors)
  }

  precondition {
    condition     = length(local.given_network_errors) == 0
    error_message = join("\n", local.given_network_errors)
  }
}

output "base_images" {
  description = "Base images."
  value       = var.base_images

  precondition {
    condition     = length(local.base_image_errors) == 0
    error_message = join("\n", local.base_image_errors)
  }
}

output "emr_serverless" {
  description = "Release and size of the EMR Serverless application."
  value       = var.emr_serverless

  precondition {
    condition     = length(local.emr_serverless_errors) == 0
    error_message = join("\n", local.emr_serverless_errors)
  }
}
