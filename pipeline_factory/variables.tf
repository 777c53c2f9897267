variable "pipeline_name" {
  description = "Name of the pipeline, and of its database in stage prod; other stages prefix it."
  type        = string
  nullable    = false
}

variable "domain_object" {
  description = "Output `domain_object` of domain_factory, or the module itself: [its attributes](../modules/domain_object/README.md#domain_object)."
  type        = any
  nullable    = false

  validation {
    condition     = can(lookup(var.domain_object, "domain_object", var.domain_object).environment)
    error_message = "domain_object must be the module domain_factory or its output of that name, such as module.domain.domain_object."
  }
}

variable "tasks_configuration" {
  description = "Tasks by name: see [A task](#a-task) and [their type](modules/configuration/README.md#tasks_configuration)."
  # An object type would drop unknown attributes silently: the checks come first, and modules/configuration has the type.
  # https://developer.hashicorp.com/terraform/language/expressions/type-constraints#conversion-of-complex-types
  type     = any
  nullable = false

  validation {
    condition     = can(keys(var.tasks_configuration))
    error_message = "tasks_configuration must be a map of tasks by name, such as { load = { path = \"tasks/load\" } }."
  }

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { tasks_configuration = var.tasks_configuration } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { tasks_configuration = var.tasks_configuration } },
    )
  }

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.permission_attributes, value = { tasks_configuration = var.tasks_configuration } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.permission_attributes, value = { tasks_configuration = var.tasks_configuration } },
    )
  }
}

variable "trigger" {
  description = "What starts the pipeline: see [What starts it](#what-starts-it) and [its type](modules/configuration/README.md#trigger)."
  # As for tasks_configuration.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { trigger = var.trigger } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { trigger = var.trigger } },
    )
  }
}

variable "orchestration_configuration_template_file_path" {
  description = "File with the state machine's definition in Amazon States Language, with a placeholder for each task: see [The order of tasks](#the-order-of-tasks). The definition is made from that order if null."
  type        = string
  default     = null

  validation {
    condition     = var.orchestration_configuration_template_file_path == null || try(fileexists(var.orchestration_configuration_template_file_path), false)
    error_message = "orchestration_configuration_template_file_path is '${coalesce(var.orchestration_configuration_template_file_path, "null")}', and there is no such file."
  }
}

variable "failure_notification_receivers" {
  description = "E-mail addresses that hear of this pipeline's failures, beside the domain's receivers."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for receiver in var.failure_notification_receivers : can(regex("^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+$", receiver))])
    error_message = "failure_notification_receivers has ${join(", ", [for receiver in var.failure_notification_receivers : "'${receiver}'" if !can(regex("^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+$", receiver))])}; each must be an e-mail address."
  }
}

variable "skip_pipeline_database_creation" {
  description = "Whether the pipeline gets no database of its own."
  type        = bool
  default     = false
  nullable    = false
}

variable "database_description" {
  description = "Description of the pipeline's database; `Tables of the pipeline {pipeline_name}` if null."
  type        = string
  default     = null

  validation {
    # https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
    condition     = length(coalesce(var.database_description, "-")) <= 2048
    error_message = "database_description has ${length(coalesce(var.database_description, "-"))} characters; Glue takes 2048."
  }
}

variable "prevent_destroy" {
  description = "Whether a destroy fails rather than remove the pipeline's database, and its tables from the catalog. Set it to `false` and apply before you destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "role_to_assume_arn" {
  description = "Role that the AWS provider assumes; a plan under another identity warns. All calls to AWS are the provider's, the push of images included."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", coalesce(var.role_to_assume_arn, "arn:aws:iam::111122223333:role/deploy")))
    error_message = "role_to_assume_arn is '${coalesce(var.role_to_assume_arn, "null")}'; it must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/deploy."
  }
}

variable "jupyter_in_images" {
  description = "Whether the images of ECS tasks have Jupyter, about 250 MB: see [A task in a notebook](#a-task-in-a-notebook). In all stages but prod if null."
  type        = bool
  default     = null
}
