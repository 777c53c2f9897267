variable "pipeline_name" {
  description = "Name of the pipeline, and of its database in stage `prod`; other stages add their prefix."
  type        = string
  nullable    = false

  validation {
    condition = can(regex(local.name_pattern, var.pipeline_name))
    error_message = join(" ", [
      "pipeline_name is '${var.pipeline_name}'; it must be lowercase letters, digits and single '_' between them,",
      "starting with a letter.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    condition = length("${var.domain.environment}_${var.pipeline_name}") <= 80
    error_message = join(" ", [
      "The name of the state machine, '${var.domain.environment}_${var.pipeline_name}', is longer than 80 characters,",
      "the limit of Step Functions. Shorten pipeline_name.",
    ])
  }

  validation {
    condition = (
      !var.has_database
      || !contains(values(var.domain.layers)[*].database, "${var.domain.database_prefix}${var.pipeline_name}")
    )
    error_message = join(" ", [
      "pipeline_name is '${var.pipeline_name}', but the domain has a database with this name. Choose another name, or",
      "set skip_pipeline_database_creation to use the domain's database.",
    ])
  }
}

variable "domain" {
  description = "Attributes of the domain that the rules refer to."
  type = object({
    environment     = string
    database_prefix = string
    layers          = map(object({ database = string }))
    emr_serverless = optional(object({
      maximum_capacity = optional(object({ cpu = string, memory = string }))
    }))
    max_task_age_minutes = number
    failsafe_enabled     = optional(bool, true)
    alarms = optional(object({
      enabled               = bool
      failed_executions     = number
      execution_minutes     = number
      queue_age_minutes     = number
      throttled_transitions = number
    }))
  })
  nullable = false
}

variable "has_database" {
  description = "Whether the pipeline has its own database."
  type        = bool
  default     = true
  nullable    = false
}

variable "for_each_dataset" {
  description = "Whether the pipeline runs for each dataset."
  type        = bool
  default     = false
  nullable    = false
}

variable "datasets" {
  description = "Datasets that the pipeline serves."
  type = map(object({
    parameters = map(string)
    tables = map(object({
      name           = string
      upsert_keys    = optional(list(string))
      partition_keys = optional(list(string))
      on_duplicate   = optional(string)
      order_by       = optional(string)
      delete_when    = optional(string)
    }))
  }))
  default  = {}
  nullable = false
}
