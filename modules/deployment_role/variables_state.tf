variable "state_bucket" {
  description = "Bucket of the backend `s3`, to which the role has access; null for another backend."
  type        = string
  default     = null
}

variable "state_keys" {
  description = <<-EOT
    Keys of the states in the bucket, such as `sales.tfstate`; they may contain `*`. States of workspaces, in `env:/`,
    and lock files are included.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = var.state_bucket == null || length(var.state_keys) > 0 && alltrue([
      for key in var.state_keys : can(regex("^[^*/][^ ]*$", key))
    ])
    error_message = join(" ", [
      "state_keys is [${join(", ", var.state_keys)}]; with state_bucket, list the keys of the domain's states, not",
      "starting with '*' or '/', such as sales.tfstate or sales/*.",
    ])
  }
}

variable "state_lock_table" {
  description = "DynamoDB table that locks the states; null with `use_lockfile`."
  type        = string
  default     = null
}
