variable "role_arn" {
  description = "ARN of the role that the AWS provider is expected to assume."
  type        = string
  nullable    = false
}
