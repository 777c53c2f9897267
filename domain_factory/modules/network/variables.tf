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

variable "zones" {
  description = "Names of the availability zones, with one subnet each."
  type        = list(string)
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
