variable "resources" {
  description = "ARNs of the resources that the policy is attached to."
  type        = list(string)
  nullable    = false
}

variable "actions" {
  description = "Actions that are denied without TLS, such as `s3:*`."
  type        = set(string)
  nullable    = false
}
