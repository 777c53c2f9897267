variable "name" {
  description = "Name of the table bucket."
  type        = string
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets-naming.html
    condition = length(var.name) <= 63
    error_message = join(" ", [
      "The name of the table bucket '${var.name}' has ${length(var.name)} characters; the limit of S3 is 63. Shorten",
      "project_name, domain_name or stage_name, for example with substr(var.stage_name, 0, 20).",
    ])
  }
}

variable "arn" {
  description = "ARN of the table bucket, built from its name, so that its policy is known during the plan."
  type        = string
  nullable    = false
}

variable "namespaces" {
  description = "Namespaces to create: the databases of the domain."
  type        = set(string)
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key that encrypts the tables; null uses the keys of S3."
  type        = string
  default     = null
}

variable "old_version_days" {
  description = "Number of days after which S3 Tables removes the files that no snapshot refers to any more."
  type        = number
  nullable    = false
}
