variable "project_name" {
  type    = string
  default = "shop"
}

variable "domain_name" {
  type    = string
  default = "billing"
}

variable "stage_name" {
  type    = string
  default = "feature-x"
}

variable "datalake_admin_principal_arns" {
  type    = list(string)
  default = []
}

variable "prevent_destroy" {
  type    = bool
  default = true
}
