variable "name" {
  description = "Name of the VPC, and beginning of the others' names."
  type        = string
  nullable    = false
}

variable "cidr_block" {
  description = "Addresses of the VPC, between /16 and /24; each subnet gets a sixteenth."
  type        = string
  nullable    = false
}

variable "zones" {
  description = "Names of availability zones, which get a subnet each."
  type        = list(string)
  nullable    = false
}

variable "is_public" {
  description = "Subnets lead to the internet; otherwise to the endpoints of AWS services alone."
  type        = bool
  nullable    = false
}

variable "interface_endpoints" {
  description = "Services with an endpoint in private subnets, as in `ecr.api`."
  type        = set(string)
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  nullable    = false
}
