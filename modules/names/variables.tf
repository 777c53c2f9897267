variable "names" {
  description = "Full names, with keys of your choice."
  type        = map(string)
  nullable    = false
}

variable "max_length" {
  description = <<-EOT
    Maximum length of a name. The default is the limit of IAM roles, EventBridge rules and Lambda functions.
  EOT
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  type     = number
  default  = 64
  nullable = false

  validation {
    condition     = var.max_length > 10 && floor(var.max_length) == var.max_length
    error_message = "max_length is ${var.max_length}; it must be a whole number over 10, the length of the hash suffix."
  }
}
