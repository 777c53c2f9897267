variable "network" {
  description = "Where tasks run. By default the VPC with the tag `Name = {project_name}_network_platform_prod` and its subnets with the tag `Tier = Public` (or `Private`, see `use_public_subnets`). `found` names another VPC, `given` takes ids, `created` makes a VPC with an S3 endpoint and, without public subnets, the interface endpoints that tasks need. [Its attributes](modules/settings/README.md#network)."
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { network = var.network } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { network = var.network } },
    )
  }
}

variable "use_public_subnets" {
  description = "Tasks run in public subnets, with a public address; otherwise in private ones, which need a NAT gateway or endpoints."
  type        = bool
  default     = true
  nullable    = false
}

variable "container_cli" {
  description = "Program that builds and pushes images: docker, podman, finch, nerdctl or buildah."
  type        = string
  default     = "docker"
  nullable    = false

  validation {
    condition     = contains(["docker", "podman", "finch", "nerdctl", "buildah"], var.container_cli)
    error_message = "container_cli is '${var.container_cli}'; it must be docker, podman, finch, nerdctl or buildah."
  }
}

variable "base_images" {
  description = "Images that others are built on: `python` of native tasks and their sandbox, `emr` of Spark (by default AWS's image of the release), `failsafe` of the failsafe's function. [Its attributes](modules/settings/README.md#base_images)."
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { base_images = var.base_images } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { base_images = var.base_images } },
    )
  }
}

variable "skip_emr_serverless_sandbox_creation" {
  description = "Makes no EMR Serverless application and no sandbox image for it: the domain has no Spark."
  type        = bool
  default     = true
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html
    condition     = var.skip_emr_serverless_sandbox_creation || !var.use_public_subnets
    error_message = "EMR Serverless gives its workers no public address: from public subnets they reach neither Step Functions nor Glue. Set use_public_subnets = false, or skip_emr_serverless_sandbox_creation = true."
  }
}

variable "emr_serverless" {
  description = "Release and size of the EMR Serverless application. [Its attributes](modules/settings/README.md#emr_serverless)."
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { emr_serverless = var.emr_serverless } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { emr_serverless = var.emr_serverless } },
    )
  }
}

variable "enable_emr_studio" {
  description = "Makes an EMR Studio, for notebooks on the EMR Serverless application."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_emr_studio || !var.skip_emr_serverless_sandbox_creation
    error_message = "enable_emr_studio needs the EMR Serverless application: set skip_emr_serverless_sandbox_creation = false."
  }
}

variable "enable_failsafe" {
  description = "Makes a function that reports tasks which died without a word, within seconds, and stops those older than `max_task_age_minutes`."
  type        = bool
  default     = true
  nullable    = false
}

variable "max_task_age_minutes" {
  description = "Age at which the failsafe stops a task."
  type        = number
  default     = 1440
  nullable    = false

  validation {
    condition     = var.max_task_age_minutes >= 5 && floor(var.max_task_age_minutes) == var.max_task_age_minutes
    error_message = "max_task_age_minutes is ${var.max_task_age_minutes}; it must be a whole number, 5 or more: the failsafe looks every five minutes."
  }
}

variable "enable_llm_investigation" {
  description = "Permits the failsafe to call the model of `failure_investigation_model_size`."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_llm_investigation || (var.enable_failsafe && local.are_profiles_enabled)
    error_message = "enable_llm_investigation needs enable_failsafe = true and enable_bedrock_profiles = true."
  }
}

variable "failure_investigation_model_size" {
  description = "Size of the model that the failsafe may call: small, medium or large."
  type        = string
  default     = "medium"
  nullable    = false

  validation {
    condition     = contains(["small", "medium", "large"], var.failure_investigation_model_size)
    error_message = "failure_investigation_model_size is '${var.failure_investigation_model_size}'; it must be small, medium or large."
  }

  validation {
    condition     = var.failure_investigation_model_size == "medium" || local.is_investigation_enabled
    error_message = "failure_investigation_model_size is '${var.failure_investigation_model_size}' and has no effect: set enable_llm_investigation = true, or remove it."
  }
}
