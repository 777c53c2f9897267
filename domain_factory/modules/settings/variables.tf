variable "domain_name" {
  description = "Business domain."
  type        = string
  nullable    = false
}

variable "stage_name" {
  description = "Stage, normalised."
  type        = string
  nullable    = false
}

variable "layers" {
  description = "Further databases of the domain by layer, as in `{ raw = {}, trusted = {} }`. A database is named `{domain_name}_{layer}` unless `database` says otherwise (without the stage's prefix); its tables lie below the same name in the data bucket."
  type = map(object({
    database    = optional(string)
    description = optional(string, "")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, layer in var.layers : alltrue([for given in concat([name], layer.database[*]) : can(regex("^[a-z][a-z0-9_]*$", given))])])
    error_message = "Layers and their databases must be lower-case letters, digits and '_', beginning with a letter; given: ${join(", ", flatten([for name, layer in var.layers : concat([name], layer.database[*])]))}."
  }

  validation {
    condition     = !contains(keys(var.layers), "domain")
    error_message = "layers has 'domain', which is the domain's own database. Choose another name."
  }

  validation {
    condition     = length(distinct(concat([var.domain_name], [for name, layer in var.layers : coalesce(layer.database, "${var.domain_name}_${name}")]))) == length(var.layers) + 1
    error_message = "Two layers have one database, or that of the domain: ${join(", ", concat([var.domain_name], [for name, layer in var.layers : coalesce(layer.database, "${var.domain_name}_${name}")]))}. Each needs its own."
  }

  validation {
    condition     = alltrue([for name, layer in var.layers : length("${var.stage_name}_${coalesce(layer.database, "${var.domain_name}_${name}")}") <= 255 && length(layer.description) <= 2048])
    error_message = "Glue takes 255 characters as a database's name, stage prefix included, and 2048 as its description; given: ${join(", ", keys(var.layers))}."
  }
}

variable "data_retention" {
  description = "Days for which things are kept. `archive_after_days` moves what was not read for so long to archive tiers, from which it has to be restored before any query; never if null. `delete_data_on_destroy` lets `terraform destroy` remove buckets that hold objects."
  type = object({
    old_version_days       = optional(number, 30)
    unfinished_upload_days = optional(number, 7)
    query_result_days      = optional(number, 7)
    log_days               = optional(number, 30)
    archive_after_days     = optional(number)
    delete_data_on_destroy = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for days in [var.data_retention.old_version_days, var.data_retention.unfinished_upload_days, var.data_retention.query_result_days] : days >= 1 && floor(days) == days])
    error_message = "data_retention: old_version_days, unfinished_upload_days and query_result_days must be whole numbers, 1 or more; given ${var.data_retention.old_version_days}, ${var.data_retention.unfinished_upload_days} and ${var.data_retention.query_result_days}."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.data_retention.log_days)
    error_message = "data_retention.log_days is ${var.data_retention.log_days}; CloudWatch takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html
    condition     = var.data_retention.archive_after_days == null ? true : var.data_retention.archive_after_days >= 90 && var.data_retention.archive_after_days <= 730 && floor(var.data_retention.archive_after_days) == var.data_retention.archive_after_days
    error_message = "data_retention.archive_after_days is ${coalesce(var.data_retention.archive_after_days, 0)}; S3 takes whole numbers from 90 to 730, or null."
  }
}

variable "bedrock_model_ids" {
  description = "Foundation model or system inference profile behind each application inference profile."
  type = object({
    small  = optional(string, "global.anthropic.claude-haiku-4-5-20251001-v1:0")
    medium = optional(string, "global.anthropic.claude-sonnet-4-5-20250929-v1:0")
    large  = optional(string, "global.anthropic.claude-opus-4-5-20251101-v1:0")
  })
  default  = {}
  nullable = false

  validation {
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_FoundationModelSummary.html
    condition     = alltrue([for id in values(var.bedrock_model_ids) : can(regex("^([a-z-]{2,12}\\.)?[a-z0-9-]{1,63}\\.[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63})*(:[a-z0-9]{1,12})*$", id))])
    error_message = "bedrock_model_ids must be model ids such as amazon.nova-lite-v1:0 or eu.amazon.nova-lite-v1:0, not names or ARNs; given: ${join(", ", values(var.bedrock_model_ids))}."
  }
}
