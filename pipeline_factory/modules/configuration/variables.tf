variable "pipeline_name" {
  description = "Name of the pipeline, and of its database in stage prod; other stages prefix it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(local.name_pattern, var.pipeline_name))
    error_message = "pipeline_name is '${var.pipeline_name}'; it takes words of lower-case letters and digits with one '_' between them, beginning with a letter."
  }

  validation {
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    condition     = length("${var.domain.environment}_${var.pipeline_name}") <= 80
    error_message = "The state machine's name '${var.domain.environment}_${var.pipeline_name}' is too long: Step Functions takes 80 characters. Shorten pipeline_name."
  }

  validation {
    condition     = !var.has_database || !contains(values(var.domain.layers)[*].database, "${var.domain.database_prefix}${var.pipeline_name}")
    error_message = "pipeline_name is '${var.pipeline_name}', and the domain has a database of this name. Choose another name, or set skip_pipeline_database_creation to use the domain's."
  }
}

variable "domain" {
  description = "Attributes of the domain that the rules refer to."
  type = object({
    environment          = string
    database_prefix      = string
    layers               = map(object({ database = string }))
    emr_serverless       = optional(object({}))
    max_task_age_minutes = number
  })
  nullable = false
}

variable "has_database" {
  description = "Whether the pipeline has its own database."
  type        = bool
  default     = true
  nullable    = false
}
