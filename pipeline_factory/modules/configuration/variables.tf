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
    condition     = length("${var.domain_object.environment}_${var.pipeline_name}") <= 80
    error_message = "The state machine's name '${var.domain_object.environment}_${var.pipeline_name}' is too long: Step Functions takes 80 characters. Shorten pipeline_name."
  }

  validation {
    condition     = var.skip_pipeline_database_creation || !contains(values(var.domain_object.layers)[*].database, "${var.domain_object.database_prefix}${var.pipeline_name}")
    error_message = "pipeline_name is '${var.pipeline_name}', and the domain has a database of this name. Choose another name, or set skip_pipeline_database_creation to use the domain's."
  }
}

variable "domain_object" {
  description = "Output `domain_object` of domain_factory."
  type = object({
    project_name     = string
    domain_name      = string
    stage_name       = string
    environment      = string
    database_prefix  = string
    region           = string
    account_id       = string
    partition        = string
    data_bucket      = string
    technical_bucket = string
    kms_key_arn      = optional(string)
    layers           = map(object({ database = string, prefix = string }))
    athena_workgroup = string
    network = object({
      vpc_id            = string
      subnet_ids        = list(string)
      security_group_id = string
      assign_public_ip  = bool
    })
    ecs_cluster_arn = string
    emr_serverless = optional(object({
      application_id  = string
      application_arn = string
      release_label   = string
      architecture    = string
    }))
    failure_topic_arn      = string
    lake_formation_enabled = bool
    failsafe_enabled       = bool
    container_cli          = string
    codeartifact           = optional(object({ domain = string, repository = string, endpoint = string }))
    base_images            = object({ python = string, emr = optional(string) })
    max_task_age_minutes   = number
    tags                   = map(string)
  })
  nullable = false
}

variable "skip_pipeline_database_creation" {
  description = "Whether the pipeline gets no database of its own."
  type        = bool
  default     = false
  nullable    = false
}
