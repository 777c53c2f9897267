variable "state_bucket" {
  description = "Bucket of the backend `s3`, to which the role has access; null for another backend."
  type        = string
  default     = null

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", coalesce(var.state_bucket, "states")))
    error_message = "state_bucket is '${coalesce(var.state_bucket, "null")}'; it must be the name of a bucket."
  }
}

variable "state_keys" {
  description = <<-EOT
    Keys of the states in the bucket, such as `sales.tfstate`; they may contain `*`. States of all workspaces, in
    `env:/`, and lock files are included, so give roles of different stages different keys.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = var.state_bucket == null || length(var.state_keys) > 0 && alltrue([
      for key in var.state_keys : can(regex("^[^*?/ ][^ ]*$", key))
    ])
    error_message = join(" ", [
      "state_keys is [${join(", ", var.state_keys)}]; with state_bucket, list the keys of the domain's states, not",
      "starting with '*', '?' or '/', such as sales.tfstate or sales/*.",
    ])
  }

  validation {
    condition = var.state_bucket != null || length(var.state_keys) == 0
    error_message = join(" ", [
      "state_keys is [${join(", ", var.state_keys)}], but state_bucket is null; set state_bucket to the bucket of the",
      "states, or remove state_keys.",
    ])
  }
}

variable "state_lock_table" {
  description = "DynamoDB table that locks the states; null with `use_lockfile`."
  type        = string
  default     = null

  validation {
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", coalesce(var.state_lock_table, "locks")))
    error_message = "state_lock_table is '${coalesce(var.state_lock_table, "null")}'; it must be the name of a table."
  }
}
