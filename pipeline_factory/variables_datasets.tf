variable "run_for_each" {
  description = <<-EOT
    `datasets` runs the pipeline for each dataset that is registered to it, in executions and with roles of its own: see
    [Datasets](#datasets). The default is a pipeline without datasets.
  EOT
  type        = string
  default     = null

  validation {
    condition = contains(["datasets"], coalesce(var.run_for_each, "datasets"))
    error_message = join(" ", [
      "run_for_each is '${coalesce(var.run_for_each, "null")}'; it must be datasets, or left out. The iterations of a",
      "task are an attribute of the task, tasks_configuration.{task}.for_each.",
    ])
  }

  validation {
    condition = var.run_for_each == null || var.orchestration_configuration_template_file_path == null
    error_message = join(" ", [
      "run_for_each is '${coalesce(var.run_for_each, "null")}', which has no effect with an orchestration template.",
      "Remove one of them.",
    ])
  }
}

variable "datasets" {
  description = <<-EOT
    Datasets by name, of which the pipeline serves those with its name as `pipeline`. The default is the datasets of the
    domain; set it in a configuration that reads the domain from Parameter Store, for example to
    `yamldecode(file("datasets.yaml"))`. [Attributes](../modules/datasets/README.md#datasets).
  EOT
  # Typed in modules/datasets after the check, since an object type drops unknown attributes silently.
  type    = any
  default = null

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { datasets = var.datasets } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { datasets = var.datasets } },
    )
  }

  validation {
    condition     = var.datasets == null || can(keys(var.datasets))
    error_message = "datasets must be a map of datasets by name, such as { orders = { team = \"sales\", … } }."
  }

  validation {
    condition     = var.datasets == null || var.run_for_each == "datasets"
    error_message = "datasets has no effect without run_for_each = \"datasets\". Set run_for_each, or remove datasets."
  }
}
