variable "domain_name" {
  description = "Business domain."
  type        = string
  nullable    = false
}

variable "stage_name" {
  description = "Normalized stage."
  type        = string
  nullable    = false
}

variable "layers" {
  description = <<-EOT
    Additional databases of the domain by layer, such as `{ raw = {}, trusted = {} }`. A database is named
    `{domain_name}_{layer}`, or `database` if set (without the stage's prefix); this name is also the
    prefix of its tables' files in the data bucket.
  EOT
  type = map(object({
    database    = optional(string)
    description = optional(string, "")
  }))
  default  = {}
  nullable = false
}

variable "data_retention" {
  description = <<-EOT
    Retention periods in days. `old_version_days` applies to replaced and deleted files, which remain stored and
    billed: a table that is overwritten daily is stored once more for each of these days. `archive_after_days` moves
    objects that were not read for this long to archive tiers, from which they must be restored before they can be
    queried; null disables it. `delete_data_on_destroy` allows `terraform destroy` to delete buckets that contain
    objects.
  EOT
  type = object({
    old_version_days       = optional(number, 7)
    unfinished_upload_days = optional(number, 7)
    query_result_days      = optional(number, 7)
    log_days               = optional(number, 30)
    archive_after_days     = optional(number)
    delete_data_on_destroy = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "alarms" {
  description = <<-EOT
    Thresholds: `failed_executions` within 24 hours, minutes that an execution runs or the oldest message of a trigger's
    queue waits, and transitions that Step Functions throttles within 5 minutes.
  EOT
  type = object({
    enabled               = optional(bool, true)
    failed_executions     = optional(number, 3)
    execution_minutes     = optional(number, 360)
    queue_age_minutes     = optional(number, 60)
    throttled_transitions = optional(number, 10)
  })
  default  = {}
  nullable = false
}

variable "failure_reports" {
  description = <<-EOT
    Receiver of the reports: `slack_secret_arn` is a secret in the Region of the domain with the URL of an incoming
    webhook or with a bot token, `slack_channel` the channel in which the bot posts, a name or an ID; a webhook belongs
    to a channel.
  EOT
  type = object({
    slack_secret_arn = optional(string)
    slack_channel    = optional(string)
  })
  default  = {}
  nullable = false
}

variable "freshness_check" {
  description = "When the freshness of tables is checked: a `rate()` or `cron()` expression in UTC."
  type        = object({ schedule = optional(string) })
  default     = {}
  nullable    = false
}

variable "bedrock_model_ids" {
  description = "Foundation model or system inference profile of each application inference profile."
  type = object({
    small  = optional(string, "global.anthropic.claude-haiku-4-5-20251001-v1:0")
    medium = optional(string, "global.anthropic.claude-sonnet-4-5-20250929-v1:0")
    large  = optional(string, "global.anthropic.claude-opus-4-5-20251101-v1:0")
  })
  default  = {}
  nullable = false
}
