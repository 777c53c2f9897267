variable "network" {
  description = <<-EOT
    Network of the tasks. The default is the VPC with the tag `Name = {project_name}_network_platform_prod` and its
    subnets with the tag `Tier = Public` (or `Private`, see `use_public_subnets`). `found` selects another VPC by name,
    `given` takes IDs, `created` creates a VPC for this domain alone, with attributes of
    [modules/network](../modules/network/README.md#inputs) and, without public subnets, interface endpoints.
    [Attributes](modules/settings/README.md#network).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors,
      { schema = local.attributes, value = { network = var.network } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors,
      { schema = local.attributes, value = { network = var.network } },
    )
  }

  validation {
    condition = !var.use_public_subnets || alltrue([
      for name in ["endpoint_zone_count", "interface_endpoints"] : try(var.network.created[name], null) == null
    ])
    error_message = join(" ", [
      "network.created.endpoint_zone_count and network.created.interface_endpoints have no effect with",
      "use_public_subnets = true, since only private subnets have interface endpoints. Remove them, or set",
      "use_public_subnets = false.",
    ])
  }
}

variable "use_public_subnets" {
  description = <<-EOT
    Whether tasks run in public subnets, with a public IP address. Private subnets require a NAT gateway or VPC
    endpoints.
  EOT
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
  description = <<-EOT
    Base images: `python` for native tasks and their sandbox, `emr` for Spark (by default the AWS image of the release),
    `failsafe` for the functions of the failsafe and of failure reports.
    [Attributes](modules/settings/README.md#base_images).
  EOT
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
  description = <<-EOT
    Skips the EMR Serverless application and its sandbox image; pipelines of the domain then cannot use Spark.
  EOT
  type        = bool
  default     = true
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html
    condition = var.skip_emr_serverless_sandbox_creation || !var.use_public_subnets
    error_message = join(" ", [
      "EMR Serverless does not assign public IP addresses to its workers, so they cannot reach Step Functions or Glue",
      "from public subnets. Set use_public_subnets = false, or skip_emr_serverless_sandbox_creation = true.",
    ])
  }
}

variable "emr_serverless" {
  description = <<-EOT
    Release and size of the EMR Serverless application. [Attributes](modules/settings/README.md#emr_serverless).
  EOT
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
  description = "Creates an EMR Studio, for notebooks on the EMR Serverless application."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition = !var.enable_emr_studio || !var.skip_emr_serverless_sandbox_creation
    error_message = join(" ", [
      "enable_emr_studio requires the EMR Serverless application. Set skip_emr_serverless_sandbox_creation = false.",
    ])
  }
}

variable "enable_failsafe" {
  description = <<-EOT
    Deploys a Lambda function that, within seconds, fails the waiting state of a task that exited without calling back,
    and stops tasks older than `max_task_age_minutes`.
  EOT
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
    condition = var.max_task_age_minutes >= 5 && floor(var.max_task_age_minutes) == var.max_task_age_minutes
    error_message = join(" ", [
      "max_task_age_minutes is ${var.max_task_age_minutes}; it must be a whole number, 5 or more, since the failsafe",
      "runs every five minutes.",
    ])
  }
}
