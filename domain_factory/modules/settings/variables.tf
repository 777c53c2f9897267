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
}
