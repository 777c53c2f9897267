variable "name" {
  description = <<-EOT
    Name of the VPC, and prefix of the other names. Domains without network settings use the VPC with the name
    `{project_name}_network_platform_prod`.
  EOT
  type        = string
  nullable    = false
}

variable "cidr_block" {
  description = "CIDR block of the VPC, from /16 to /24. Each subnet gets a sixteenth of it."
  type        = string
  default     = "10.0.0.0/20"
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    condition = try(
      cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block
      && contains(range(16, 25), tonumber(split("/", var.cidr_block)[1])),
      false,
    )
    error_message = join(" ", [
      "cidr_block is '${var.cidr_block}'; it must be a block from /16 to /24 that starts at its network address, such",
      "as 10.0.0.0/20.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    condition = try(
      pow(2, 28 - split("/", var.cidr_block)[1]) - 5 - length(local.interface_endpoints) >= 8,
      true,
    )
    error_message = join(" ", [
      "cidr_block is '${var.cidr_block}', of which a subnet has a sixteenth. AWS reserves 5 of its addresses, and the",
      "interface endpoints use ${length(local.interface_endpoints)}, which leaves less than 8 for tasks. Choose a",
      "larger block, such as /20.",
    ])
  }
}

variable "tiers" {
  description = <<-EOT
    Tiers of subnets: `Public` subnets have a route to the internet; `Private` subnets only reach the VPC endpoints.
    Each tier has a subnet in each zone, with the tag `Tier`.
  EOT
  type        = set(string)
  default     = ["Private", "Public"]
  nullable    = false

  validation {
    condition     = length(var.tiers) > 0 && length(setsubtract(var.tiers, ["Private", "Public"])) == 0
    error_message = "tiers is [${join(", ", var.tiers)}]; it must contain Private, Public or both."
  }
}

variable "zone_count" {
  description = <<-EOT
    Number of availability zones, which are selected in the order of their names. The default is 2, unless `zone_ids` is
    set.
  EOT
  type        = number
  default     = null

  validation {
    condition     = contains(range(1, 7), coalesce(var.zone_count, 2))
    error_message = "zone_count is ${coalesce(var.zone_count, 2)}; it must be a whole number from 1 to 6."
  }

  validation {
    condition = var.zone_count == null || length(var.zone_ids) == 0
    error_message = join(" ", [
      "zone_count is ${coalesce(var.zone_count, 2)} and zone_ids is [${join(", ", var.zone_ids)}]; set one of them.",
    ])
  }
}

variable "zone_ids" {
  description = <<-EOT
    IDs of the availability zones, instead of `zone_count`. The position of a zone determines the block of its subnets,
    so add zones at the end.
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
    condition = alltrue([for id in var.zone_ids : can(regex("^[a-z]+[0-9]+-az[0-9]+$", id))])
    error_message = join(" ", [
      "zone_ids is [${join(", ", var.zone_ids)}]; it must contain IDs of zones, such as euw1-az1, not their names. IDs",
      "denote the same zone in all accounts.",
    ])
  }

  validation {
    condition     = length(distinct(var.zone_ids)) == length(var.zone_ids)
    error_message = "zone_ids contains a zone more than once: ${join(", ", var.zone_ids)}. Remove the duplicates."
  }

  validation {
    condition = length(var.zone_ids) <= 8
    error_message = join(" ", [
      "zone_ids has ${length(var.zone_ids)} zones; the limit is 8, since a subnet is a sixteenth of the VPC.",
    ])
  }
}

variable "interface_endpoints" {
  description = <<-EOT
    Services with an interface endpoint for private subnets, without com.amazonaws and the region. The default are the
    services that every task calls. A list replaces them: repeat them, and add those that your own code calls, such as
    `secretsmanager`.
  EOT
  type        = set(string)
  default     = ["athena", "ecr.api", "ecr.dkr", "glue", "logs", "states", "sts"]
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    condition = alltrue([
      for service in var.interface_endpoints : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", service))
    ])
    error_message = join(" ", [
      "interface_endpoints is [${join(", ", var.interface_endpoints)}]; it must contain names of services without",
      "com.amazonaws and the region, such as ecr.api.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
    condition = length(join(" ", var.interface_endpoints)) <= 256
    error_message = join(" ", [
      "interface_endpoints has ${length(join(" ", var.interface_endpoints))} characters; the limit is 256, since the",
      "services are a tag of the VPC. Create the endpoints of your own services outside of this module.",
    ])
  }
}

variable "endpoint_zone_count" {
  description = <<-EOT
    Number of zones in which each interface endpoint has a network interface, from the first zone of the network. Each
    costs about 8 dollars a month. Tasks in other zones use the same endpoints, so if these zones fail, all private
    tasks fail. The default is all zones of the network.
  EOT
  type        = number
  default     = null

  validation {
    condition = contains(range(1, local.zone_count + 1), coalesce(var.endpoint_zone_count, 1))
    error_message = join(" ", [
      "endpoint_zone_count is ${coalesce(var.endpoint_zone_count, 0)}; it must be a whole number from 1 to",
      "${local.zone_count}, the number of zones of the network.",
    ])
  }

  validation {
    condition = var.endpoint_zone_count == null || local.is_private
    error_message = join(" ", [
      "endpoint_zone_count is ${coalesce(var.endpoint_zone_count, 0)} and has no effect with tiers = [\"Public\"],",
      "which has no interface endpoints. Remove it, or add Private to tiers.",
    ])
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
