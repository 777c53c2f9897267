variable "datasets" {
  description = <<-EOT
    Datasets by name, each served by a pipeline with `run_for_each = "datasets"`, such as
    `yamldecode(file("datasets.yaml"))`. See [datasets](../doc_resources/datasets.md).
    [Attributes](../modules/datasets/README.md#datasets).
  EOT
  # Typed in modules/datasets after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition     = can(keys(var.datasets))
    error_message = "datasets must be a map of datasets by name, such as { orders = { team = \"sales\", … } }."
  }

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { datasets = var.datasets } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { datasets = var.datasets } },
    )
  }
}
