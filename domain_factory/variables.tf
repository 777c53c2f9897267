variable "project_name" {
  description = "Project that the domain belongs to; prefix of all resource names."
  type        = string
  nullable    = false

  validation {
    # ECR and Bedrock reject trailing and repeated '_'.
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    condition     = can(regex(local.name_pattern, var.project_name))
    error_message = "project_name is '${var.project_name}'; it must be ${local.name_rule}."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    condition = !can(regex("^(sthree|amzn_s3_demo)(_|$)", var.project_name))
    error_message = join(" ", [
      "project_name is '${var.project_name}'; S3 reserves bucket names that start with 'sthree-' or 'amzn-s3-demo-'.",
      "Choose another name.",
    ])
  }
}

variable "domain_name" {
  description = "Business domain; also the name of its database, without the stage's prefix."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(local.name_pattern, var.domain_name))
    error_message = "domain_name is '${var.domain_name}'; it must be ${local.name_rule}."
  }
}

variable "stage_name" {
  description = <<-EOT
    Stage, such as `dev` or `prod`, or the name of a branch: `feature/X-1` becomes `feature_x_1`, `12-fix` becomes
    `s12_fix`. Databases are prefixed with `{stage_name}_`, except in `prod`.
  EOT
  type        = string
  nullable    = false

  validation {
    condition = can(regex("^_?[a-z0-9]+(_[a-z0-9]+)*$", lower(replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_"))))
    error_message = join(" ", [
      "stage_name is '${var.stage_name}'; it must be letters and digits with single '_' between them. Other",
      "characters are replaced with '_', but are not allowed at the end.",
    ])
  }
}

variable "git_repository" {
  description = "URL of the repository that applies this module; a tag of all resources."
  type        = string
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    condition = can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,256}$", var.git_repository))
    error_message = join(" ", [
      "git_repository is '${var.git_repository}'; a tag value must be 1 to 256 letters, digits, spaces and _ . : / =",
      "+ - @.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_TagResource.html
    condition = (
      var.skip_emr_serverless_sandbox_creation
      || can(regex("^[A-Za-z0-9 _.:/=+\\-@]*$", var.git_repository))
    )
    error_message = join(" ", [
      "git_repository is '${var.git_repository}'; with EMR Serverless, a tag value must be ASCII letters, digits,",
      "spaces and _ . : / = + - @.",
    ])
  }
}

variable "tags" {
  description = "Additional tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(setintersection(keys(var.tags), local.own_tags)) == 0
    error_message = join(" ", [
      "tags must not contain ${join(", ", local.own_tags)}, which the module sets; given:",
      "${join(", ", keys(var.tags))}.",
    ])
  }

  validation {
    condition = alltrue([
      for key, value in var.tags :
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}$", key))
      && !startswith(lower(key), "aws:")
      && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}$", value))
    ])
    error_message = join(" ", [
      "tags: keys must have 1 to 128 and values up to 256 letters, digits, spaces and _ . : / = + - @, and keys must",
      "not start with 'aws:'; given: ${join(", ", [for key, value in var.tags : "${key} = ${value}"])}.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_TagResource.html
    condition = var.skip_emr_serverless_sandbox_creation || alltrue([
      for text in concat(keys(var.tags), values(var.tags)) : can(regex("^[A-Za-z0-9 _.:/=+\\-@]*$", text))
    ])
    error_message = join(" ", [
      "tags: with EMR Serverless, keys and values must have ASCII letters, digits, spaces and _ . : / = + - @; given:",
      "${join(", ", [for key, value in var.tags : "${key} = ${value}"])}.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
    condition = length(var.tags) <= 40
    error_message = join(" ", [
      "tags has ${length(var.tags)} entries; the maximum is 40, since AWS allows 50 and the modules add their own.",
    ])
  }
}

variable "database_description" {
  description = "Description of the domain's database."
  type        = string
  default     = ""
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
    condition = length(var.database_description) <= 2048
    error_message = join(" ", [
      "database_description has ${length(var.database_description)} characters; the limit of Glue is 2048.",
    ])
  }
}

variable "prevent_destroy" {
  description = <<-EOT
    Whether `terraform destroy` fails instead of removing the databases, and their tables from the catalog. To destroy,
    first set it to `false` and apply. The default is true unless `data_retention.delete_data_on_destroy` is: see
    [Removing a domain](#removing-a-domain).
  EOT
  type        = bool
  default     = null
}

variable "layers" {
  description = <<-EOT
    Additional databases of the domain by layer, such as `{ raw = {}, trusted = {} }`. A database is named
    `{domain_name}_{layer}`, or `database` if set (without the stage's prefix); this name is also the
    prefix of its tables' files in the data bucket. [Attributes](modules/settings/README.md#layers).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition     = can(keys(var.layers))
    error_message = "layers must be a map of databases by layer, such as { raw = {}, trusted = {} }."
  }

  validation {
    condition = templatefile(
      local.attribute_errors,
      { schema = local.attributes, value = { layers = var.layers } },
    ) == ""
    error_message = templatefile(local.attribute_errors, { schema = local.attributes, value = { layers = var.layers } })
  }
}

variable "kms_key_arn" {
  description = <<-EOT
    Key that encrypts buckets, images, logs, the failure topic, CodeArtifact and the ephemeral storage of Fargate. If
    null, the default of each service applies: SNS does not encrypt the topic. The key policy must allow
    logs.{region}.amazonaws.com, events.amazonaws.com, cloudwatch.amazonaws.com, budgets.amazonaws.com and
    fargate.amazonaws.com.
  EOT
  type        = string
  default     = null

  validation {
    condition = (
      var.kms_key_arn == null
      || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    )
    error_message = join(" ", [
      "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}'; it must be the ARN of a key, not of an alias, such as",
      "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab.",
    ])
  }
}

variable "table_storage" {
  description = <<-EOT
    Where tables are stored: `s3`, the data bucket, or `s3_tables`, a table bucket of S3 Tables. It cannot be changed
    once there are tables: see [S3 Tables](../doc_resources/s3-tables.md).
  EOT
  type        = string
  default     = "s3"
  nullable    = false

  validation {
    condition     = contains(["s3", "s3_tables"], var.table_storage)
    error_message = "table_storage is '${var.table_storage}'; it must be s3 or s3_tables."
  }
}

variable "data_retention" {
  description = <<-EOT
    Retention periods in days. `old_version_days` applies to replaced and deleted files, which remain stored and
    billed: a table that is overwritten daily is stored once more for each of these days. `archive_after_days` moves
    objects that were not read for this long to archive tiers, from which they must be restored before they can be
    queried; null disables it. `delete_data_on_destroy` allows `terraform destroy` to delete buckets that contain
    objects. [Attributes](modules/settings/README.md#data_retention).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { data_retention = var.data_retention } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { data_retention = var.data_retention } },
    )
  }
}

variable "athena_bytes_scanned_cutoff" {
  description = <<-EOT
    Maximum number of bytes that a query may scan before Athena cancels it. A terabyte costs about 5 dollars.
  EOT
  type        = number
  default     = 1000000000000
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    condition = (
      var.athena_bytes_scanned_cutoff >= 10000000
      && floor(var.athena_bytes_scanned_cutoff) == var.athena_bytes_scanned_cutoff
    )
    error_message = join(" ", [
      "athena_bytes_scanned_cutoff is ${var.athena_bytes_scanned_cutoff}; it must be a whole number, 10000000 (10 MB)",
      "or more.",
    ])
  }
}

variable "failure_notification_receivers" {
  description = "E-mail addresses that receive failure notifications; each must confirm its subscription once."
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

variable "enable_codeartifact" {
  description = <<-EOT
    Creates a CodeArtifact repository with PyPI as its upstream, and publishes the SDK to it. The images of tasks and
    sandboxes install the SDK and all other Python packages from it. Otherwise the SDK is built into the images, which
    install other packages from PyPI.
  EOT
  type        = bool
  default     = true
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_CreateDomain.html
    condition = !var.enable_codeartifact || length(local.environment) <= 50
    error_message = join(" ", [
      "The CodeArtifact domain '${replace(local.environment, "_", "-")}' would have ${length(local.environment)}",
      "characters; the limit is 50. Shorten project_name, domain_name or stage_name, or set enable_codeartifact =",
      "false, with which the SDK is built into the images.",
    ])
  }
}

variable "enable_bedrock_profiles" {
  description = <<-EOT
    Creates the application inference profiles `{environment}_small`, `_medium` and `_large`: Datalfred calls models
    through them, and they track its cost. See [Models](#models).
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_llm" {
  description = "Alias of `enable_bedrock_profiles` from the original framework. It takes precedence unless it is null."
  type        = bool
  default     = null
}

variable "bedrock_model_ids" {
  description = <<-EOT
    Foundation model or system inference profile of each application inference profile.
    [Attributes](modules/settings/README.md#bedrock_model_ids).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { bedrock_model_ids = var.bedrock_model_ids } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { bedrock_model_ids = var.bedrock_model_ids } },
    )
  }
}
