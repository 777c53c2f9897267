variable "name" {
  description = "Name of the VPC, and prefix of the other names."
  type        = string
  nullable    = false
}

variable "cidr_block" {
  description = "CIDR block of the VPC, from /16 to /24. Each subnet gets a sixteenth of it."
  type        = string
  nullable    = false
}

variable "zone_count" {
  description = "Number of availability zones, with one subnet each. They are selected in the order of their names."
  type        = number
  default     = 2
  nullable    = false
}

variable "zone_ids" {
  description = <<-EOT
    IDs of the availability zones, instead of `zone_count`. The position of a zone determines the block of its subnet,
    so add zones at the end.
  EOT
  type        = list(string)
  default     = []
  nullable    = false
}

variable "is_public" {
  description = "Whether the subnets have a route to the internet. Otherwise they only reach the VPC endpoints."
  type        = bool
  nullable    = false
}

variable "interface_endpoints" {
  description = "Services with an interface endpoint in private subnets, such as `ecr.api`."
  type        = set(string)
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  nullable    = false
}
