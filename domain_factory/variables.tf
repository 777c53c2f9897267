variable "project_name" {
  description = "Project that the domain belongs to; beginning of all names."
  type        = string
  nullable    = false

  validation {
    # ECR and Bedrock refuse '_' at the end and twice in a row.
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    condition     = can(regex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", var.project_name))
    error_message = "project_name is '${var.project_name}'; it must be lower-case letters, digits and single '_' between them, beginning with a letter."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    condition     = !can(regex("^(sthree|amzn_s3_demo)(_|$)", var.project_name))
    error_message = "project_name is '${var.project_name}'; S3 keeps bucket names that begin with 'sthree-' or 'amzn-s3-demo-' for itself. Choose another name."
  }
}

variable "domain_name" {
  description = "Business domain; also its database, without the stage's prefix."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", var.domain_name))
    error_message = "domain_name is '${var.domain_name}'; it must be lower-case letters, digits and single '_' between them, beginning with a letter."
  }
}

variable "stage_name" {
  description = "Stage, as in `dev` or `prod`, or a branch's name: `feature/X-1` becomes `feature_x_1`, `12-fix` becomes `s12_fix`. In `prod` databases have no prefix, elsewhere `{stage_name}_`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^_?[a-z0-9]+(_[a-z0-9]+)*$", lower(replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_"))))
    error_message = "stage_name is '${var.stage_name}'; it must be letters and digits with single '_' between them. Other characters become '_', except at the end."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    condition     = length("${var.project_name}-${var.domain_name}-${replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_")}-technical") <= 63
    error_message = "The bucket '${replace("${var.project_name}-${var.domain_name}-${replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_")}-technical", "_", "-")}' would have ${length("${var.project_name}-${var.domain_name}-${replace(var.stage_name, "/[^A-Za-z0-9_]+/", "_")}-technical")} characters, S3 takes 63. Shorten project_name, domain_name or stage_name, for example to substr(var.stage_name, 0, 20)."
  }
}

variable "git_repository" {
  description = "Address of the repository that applies this module; a tag of all resources."
  type        = string
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    condition     = can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,256}$", var.git_repository))
    error_message = "git_repository is '${var.git_repository}'; a tag takes 1 to 256 letters, digits, spaces and _ . : / = + - @."
  }
}

variable "tags" {
  description = "Further tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.tags), ["project_name", "domain_name", "stage_name", "git_repository"])) == 0
    error_message = "tags sets ${join(", ", setintersection(keys(var.tags), ["project_name", "domain_name", "stage_name", "git_repository"]))}, which the module sets itself. Remove it from tags."
  }

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}$", value))])
    error_message = "A tag's key has 1 to 128, its value up to 256 letters, digits, spaces and _ . : / = + - @, and no key begins with 'aws:'; given: ${join(", ", [for key, value in var.tags : "${key} = ${value}"])}."
  }

  validation {
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
    condition     = length(var.tags) <= 40
    error_message = "tags has ${length(var.tags)} entries; 40 are left of the 50 that AWS takes."
  }
}

variable "database_description" {
  description = "What the domain's database holds."
  type        = string
  default     = ""
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
    condition     = length(var.database_description) <= 2048
    error_message = "database_description has ${length(var.database_description)} characters; Glue takes 2048."
  }
}

variable "prevent_destroy" {
  description = "Whether a destroy fails rather than remove the databases, and their tables from the catalog. Set it to `false` and apply before you destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "layers" {
  description = "Further databases of the domain by layer, as in `{ raw = {}, trusted = {} }`. A database is named `{domain_name}_{layer}` unless `database` says otherwise (without the stage's prefix); its tables lie below the same name in the data bucket. [Its attributes](modules/settings/README.md#layers)."
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
      local.attribute_errors, { schema = local.attributes, value = { layers = var.layers } },
    ) == ""
    error_message = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { layers = var.layers } },
    )
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts buckets, images, logs, the failure topic and CodeArtifact; AWS's own keys if null. Its policy must admit logs.{region}.amazonaws.com and events.amazonaws.com."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}'; it must be the ARN of a key (not of an alias), as in arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab."
  }
}

variable "data_retention" {
  description = "Days for which things are kept. `archive_after_days` moves what was not read for so long to archive tiers, from which it has to be restored before any query; never if null. `delete_data_on_destroy` lets `terraform destroy` remove buckets that hold objects. [Its attributes](modules/settings/README.md#data_retention)."
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
  description = "Bytes after which Athena ends a query; a terabyte costs about 5 dollars."
  type        = number
  default     = 1000000000000
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    condition     = var.athena_bytes_scanned_cutoff >= 10000000 && floor(var.athena_bytes_scanned_cutoff) == var.athena_bytes_scanned_cutoff
    error_message = "athena_bytes_scanned_cutoff is ${var.athena_bytes_scanned_cutoff}; Athena takes whole numbers from 10000000 (10 MB)."
  }
}

variable "failure_notification_receivers" {
  description = "E-mail addresses that are told of failures; each has to confirm once."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for receiver in var.failure_notification_receivers : can(regex("^[^@\\s,;<>]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", receiver))])
    error_message = "failure_notification_receivers must be e-mail addresses, as in data-team@example.com; given: ${join(", ", var.failure_notification_receivers)}."
  }
}

variable "enable_codeartifact" {
  description = "Makes a CodeArtifact repository that passes PyPI on, and publishes the SDK to it; needs python3, pip and curl where Terraform runs. The images of tasks install their requirements from it."
  type        = bool
  default     = false
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_CreateDomain.html
    condition     = !var.enable_codeartifact || length(local.environment) <= 50
    error_message = "The CodeArtifact domain '${replace(local.environment, "_", "-")}' would have ${length(local.environment)} characters, CodeArtifact takes 50. Shorten project_name, domain_name or stage_name, or set enable_codeartifact = false."
  }
}

variable "enable_bedrock_profiles" {
  description = "Makes application inference profiles `{environment}_small`, `_medium` and `_large`, by which the cost of models can be told apart."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_llm" {
  description = "Sets `enable_bedrock_profiles`, and `enable_llm_investigation` where there is a failsafe."
  type        = bool
  default     = false
  nullable    = false
}

variable "bedrock_model_ids" {
  description = "Foundation model or system inference profile behind each application inference profile. [Its attributes](modules/settings/README.md#bedrock_model_ids)."
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
