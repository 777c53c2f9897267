variable "application_name" {
  description = "Name of the application."
  type        = string
  nullable    = false
}

variable "application_id" {
  description = "ID of the application; null if it is not enabled."
  type        = string
}

variable "enabled" {
  description = "Whether the application exists."
  type        = bool
  default     = true
  nullable    = false
}

variable "region" {
  description = "Region of the application."
  type        = string
  nullable    = false
}

variable "settings" {
  description = "Settings of the application as JSON, without its tags: it is stopped before they change."
  type        = string
  nullable    = false
}
