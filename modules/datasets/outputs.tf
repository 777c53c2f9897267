output "datasets" {
  description = "Datasets by name."
  value       = var.datasets

  precondition {
    condition     = length(local.dataset_attribute_errors) == 0
    error_message = join("\n", local.dataset_attribute_errors)
  }

  precondition {
    condition     = length(local.dataset_prefix_errors) == 0
    error_message = join("\n", local.dataset_prefix_errors)
  }

  precondition {
    condition     = length(local.dataset_table_errors) == 0
    error_message = join("\n", local.dataset_table_errors)
  }
}
