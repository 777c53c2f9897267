variable "pipeline_name" {
  description = "Name of the pipeline, and of its database in stage `prod`; other stages add their prefix."
  type        = string
  nullable    = false
}

variable "domain_object" {
  description = <<-EOT
    Output `domain_object` of domain_factory, or the module itself.
    [Attributes](../modules/domain_object/README.md#domain_object).
  EOT
  type        = any
  nullable    = false

  validation {
    condition = can(lookup(var.domain_object, "domain_object", var.domain_object).environment)
    error_message = join(" ", [
      "domain_object must be the module domain_factory or its output of that name, such as",
      "module.domain.domain_object.",
    ])
  }
}

variable "tasks_configuration" {
  description = <<-EOT
    Tasks by name: see [A task](#a-task) and [its type](modules/configuration/README.md#tasks_configuration).
  EOT
  # An object type would drop unknown attributes silently, so they are rejected here, and modules/configuration declares
  # the type.
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
      local.attribute_errors, {
        schema = local.permission_attributes
        value  = { tasks_configuration = var.tasks_configuration }
      },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, {
        schema = local.permission_attributes
        value  = { tasks_configuration = var.tasks_configuration }
      },
    )
  }
}

variable "trigger" {
  description = <<-EOT
    Schedule or event that starts the pipeline: see [Triggers](#triggers) and [its
    type](modules/configuration/README.md#triggers). Short for `triggers.this`.
  EOT
  # Typed in modules/configuration, like tasks_configuration.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors,
      { schema = { trigger = local.attributes["triggers.*"] }, value = { trigger = var.trigger } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors,
      { schema = { trigger = local.attributes["triggers.*"] }, value = { trigger = var.trigger } },
    )
  }
}

variable "triggers" {
  description = <<-EOT
    Several schedules and events that start the pipeline, by name: see [Triggers](#triggers).
  EOT
  # Typed in modules/configuration, like tasks_configuration.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition     = can(keys(var.triggers))
    error_message = "triggers must be a map of triggers by name, such as { nightly = { type = \"schedule\", … } }."
  }

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { triggers = var.triggers } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { triggers = var.triggers } },
    )
  }

  validation {
    condition     = !can(var.triggers["this"]) || length(var.trigger) == 0
    error_message = "trigger and triggers.this are set, and trigger is short for triggers.this. Remove one of them."
  }
}

variable "orchestration_configuration_template_file_path" {
  description = <<-EOT
    File with the definition of the state machine in Amazon States Language, with a placeholder for each task: see [The
    order of tasks](#the-order-of-tasks). If null, the definition is generated.
  EOT
  type        = string
  default     = null

  validation {
    condition = (
      var.orchestration_configuration_template_file_path == null
      || try(fileexists(var.orchestration_configuration_template_file_path), false)
    )
    error_message = join(" ", [
      "orchestration_configuration_template_file_path is",
      "'${coalesce(var.orchestration_configuration_template_file_path, "null")}', which does not exist.",
    ])
  }
}

variable "state_machine_policy" {
  description = <<-EOT
    JSON of an IAM policy that is added to the role of the state machine, for states of a template other than tasks:
    see [The order of tasks](#the-order-of-tasks).
  EOT
  type        = string
  default     = null

  validation {
    condition = can(jsondecode(coalesce(var.state_machine_policy, "{\"Statement\": []}")).Statement)
    error_message = join(" ", [
      "state_machine_policy is not the JSON of an IAM policy, such as data.aws_iam_policy_document.map.json.",
    ])
  }
}

variable "failure_notification_receivers" {
  description = <<-EOT
    E-mail addresses that receive failure notifications of this pipeline, in addition to the receivers of the domain.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for receiver in var.failure_notification_receivers :
      can(regex("^[^@\\s,;<>]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", receiver))
    ])
    error_message = join(" ", [
      "failure_notification_receivers must be e-mail addresses, such as data-team@example.com; given:",
      "${join(", ", var.failure_notification_receivers)}.",
    ])
  }
}

variable "alarms" {
  description = <<-EOT
    Thresholds of this pipeline's alarms that replace those of the domain, such as `{ execution_minutes = 1440 }`;
    `enabled = false` creates no alarms. See [Alarms](#alarms). [Attributes](modules/configuration/README.md#alarms).
  EOT
  # Typed in modules/configuration, like tasks_configuration.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } },
    ) == ""
    error_message = templatefile(local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } })
  }
}

variable "skip_pipeline_database_creation" {
  description = "Skips the creation of the pipeline's own database."
  type        = bool
  default     = false
  nullable    = false
}

variable "database_description" {
  description = "Description of the pipeline's database. The default is `Tables of the pipeline {pipeline_name}`."
  type        = string
  default     = null

  validation {
    # https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
    condition = length(coalesce(var.database_description, "-")) <= 2048
    error_message = join(" ", [
      "database_description has ${length(coalesce(var.database_description, "-"))} characters; the limit of Glue is",
      "2048.",
    ])
  }
}

variable "apply_tables" {
  description = <<-EOT
    Whether an apply creates and evolves the tables that have a file in `code/tables_configuration` of a task, before
    the tasks can run: see [Tables at deployment](#tables-at-deployment).
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "prevent_destroy" {
  description = <<-EOT
    Whether `terraform destroy` fails instead of removing the pipeline's database, and its tables from the catalog. To
    destroy, first set it to `false` and apply. The default is that of the domain: see
    [Removing a pipeline](#removing-a-pipeline).
  EOT
  type        = bool
  default     = null
}

variable "role_to_assume_arn" {
  description = <<-EOT
    Role that the AWS provider assumes; a plan with another identity shows a warning. The provider makes all calls to
    AWS, including those that push images.
  EOT
  type        = string
  default     = null

  validation {
    condition = (
      var.role_to_assume_arn == null
      || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.role_to_assume_arn))
    )
    error_message = join(" ", [
      "role_to_assume_arn is '${join("", var.role_to_assume_arn[*])}'; it must be the ARN of an IAM role, such as",
      "arn:aws:iam::111122223333:role/deploy, or null.",
    ])
  }
}

variable "jupyter_in_images" {
  description = <<-EOT
    Whether the images of ECS tasks contain Jupyter, about 250 MB: see [A task in a notebook](#a-task-in-a-notebook).
    The default is true except in stage `prod`.
  EOT
  type        = bool
  default     = null
}
