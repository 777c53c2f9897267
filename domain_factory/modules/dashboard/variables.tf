variable "environment" {
  description = "Environment: the names of its pipelines, queues and workgroups start with it."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the metrics."
  type        = string
  nullable    = false
}

variable "failsafe_name" {
  description = "Name of the failsafe's function; null without a failsafe."
  type        = string
  default     = null
}

variable "alarm_arns" {
  description = "ARNs of the alarms whose status is shown."
  type        = list(string)
  default     = []
  nullable    = false
}
