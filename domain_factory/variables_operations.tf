variable "alarms" {
  description = <<-EOT
    Thresholds of the alarms of the domain and its pipelines, which publish to the failure topic; a pipeline can
    override each of them. `enabled = false` creates none. See [Alarms](#alarms).
    [Attributes](modules/settings/README.md#alarms).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } },
    ) == ""
    error_message = templatefile(local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } })
  }

  validation {
    condition = var.enable_failsafe || try(var.alarms.execution_minutes, null) == null
    error_message = join(" ", [
      "alarms.execution_minutes has no effect with enable_failsafe = false, since the failsafe measures how long",
      "executions have been running. Remove it, or enable the failsafe.",
    ])
  }
}

variable "failure_reports" {
  description = <<-EOT
    Reports failed executions to Slack, such as `{ slack_secret_arn = "arn:…" }`; `{}` for none. See
    [Failure reports](#failure-reports). [Attributes](modules/settings/README.md#failure_reports).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { failure_reports = var.failure_reports } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { failure_reports = var.failure_reports } },
    )
  }

  validation {
    condition     = try(var.failure_reports.slack_secret_arn, "") != null
    error_message = "failure_reports.slack_secret_arn is null; set it, or set failure_reports = {} for no reports."
  }
}

variable "freshness_check" {
  description = <<-EOT
    Checks the freshness and retention that contracts promise, such as `{ schedule = "rate(1 hour)" }`; `{}` for none.
    See [Freshness check](#freshness-check). [Attributes](modules/settings/README.md#inputs).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { freshness_check = var.freshness_check } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { freshness_check = var.freshness_check } },
    )
  }

  validation {
    condition     = try(var.freshness_check.schedule, "") != null
    error_message = "freshness_check.schedule is null; set it, or set freshness_check = {} for no check."
  }

  validation {
    condition     = !contains(try(keys(var.freshness_check), []), "schedule") || !local.s3_tables
    error_message = "freshness_check has no permissions on a table bucket. Remove it, or set table_storage = \"s3\"."
  }
}

variable "enable_llm_investigation" {
  description = <<-EOT
    Adds an explanation by a model to failure reports: see [Explanations by a model](#explanations-by-a-model). Requires
    `failure_reports` and `enable_bedrock_profiles`.
  EOT
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition = !var.enable_llm_investigation || local.failure_reports_enabled
    error_message = join(" ", [
      "enable_llm_investigation has no effect without failure_reports. Set failure_reports.slack_secret_arn, or remove",
      "enable_llm_investigation.",
    ])
  }

  validation {
    condition = !var.enable_llm_investigation || local.are_profiles_enabled
    error_message = join(" ", [
      "enable_llm_investigation requires the inference profiles of the domain. Set enable_bedrock_profiles = true and",
      "remove enable_llm = false.",
    ])
  }
}

variable "failure_investigation_model_size" {
  description = "Model of `enable_llm_investigation`: small, medium or large."
  type        = string
  default     = "medium"
  nullable    = false

  validation {
    condition = contains(["small", "medium", "large"], var.failure_investigation_model_size)
    error_message = join(" ", [
      "failure_investigation_model_size is '${var.failure_investigation_model_size}'; it must be small, medium or",
      "large.",
    ])
  }
}

variable "monthly_budget_usd" {
  description = <<-EOT
    Monthly cost of the domain in US dollars, above which the failure topic is notified; also at 80 % of it, and if the
    forecast exceeds it. It requires `failure_notification_receivers` and activated cost allocation tags: see
    [Budget](#budget). Null creates no budget.
  EOT
  type        = number
  default     = null

  validation {
    condition = coalesce(var.monthly_budget_usd, 1) > 0
    error_message = join(" ", [
      "monthly_budget_usd is ${coalesce(var.monthly_budget_usd, 0)}; it must be greater than 0, or null for no",
      "budget.",
    ])
  }

  validation {
    condition = var.monthly_budget_usd == null || length(var.failure_notification_receivers) > 0
    error_message = join(" ", [
      "monthly_budget_usd is ${coalesce(var.monthly_budget_usd, 0)}, but failure_notification_receivers is empty, so",
      "nobody would be notified. Add a receiver, or remove monthly_budget_usd.",
    ])
  }
}

variable "enable_dashboard" {
  description = "Creates a CloudWatch dashboard of the domain and its pipelines: see [Dashboard](#dashboard)."
  type        = bool
  default     = true
  nullable    = false
}
