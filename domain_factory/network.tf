locals {
  is_network_created = module.settings.network.created != null
  is_network_given   = module.settings.network.given != null
  is_network_found   = !local.is_network_created && !local.is_network_given

  vpc_name    = coalesce(module.settings.network.found.vpc_name, "${var.project_name}_network_platform_prod")
  subnet_tier = var.use_public_subnets ? "Public" : "Private"

  vpc_id = one(concat(
    [for vpc in module.network : vpc.vpc_id],
    [for given in module.settings.network.given[*] : given.vpc_id],
    [for found in data.aws_vpcs.found : found.ids[0]],
  ))
  subnet_ids = sort(flatten(concat(
    [for vpc in module.network : vpc.subnet_ids[local.subnet_tier]],
    [for given in module.settings.network.given[*] : given.subnet_ids],
    [for found in data.aws_subnets.found : found.ids],
  )))

  # Services that every task calls.
  task_services = ["athena", "ecr.api", "ecr.dkr", "glue", "logs", "states", "sts"]
  missing_endpoints = flatten([
    for listed in concat(
      [for vpc in data.aws_vpc.found : try(split(" ", vpc.tags.interface_endpoints), null)],
      [for created in module.settings.network.created[*] : created.interface_endpoints if !var.use_public_subnets],
    ) : setsubtract(local.task_services, listed) if listed != null
  ])
}

data "aws_vpcs" "found" {
  for_each = toset(local.is_network_found ? [local.vpc_name] : [])

  tags = { Name = each.value }

  lifecycle {
    postcondition {
      condition = length(self.ids) == 1
      error_message = join(" ", [
        "${length(self.ids)} VPCs have the tag Name = ${each.value}; exactly one is required. Tag the platform's VPC,",
        "select another with network.found.vpc_name, or set network.given or network.created.",
      ])
    }
  }
}

# A VPC of modules/network lists its endpoints in a tag.
data "aws_vpc" "found" {
  for_each = var.use_public_subnets ? {} : data.aws_vpcs.found

  id = each.value.ids[0]
}

check "endpoints" {
  assert {
    condition = length(local.missing_endpoints) == 0
    error_message = join(" ", [
      "The VPC ${local.is_network_created ? local.environment : local.vpc_name} has no endpoint for",
      "${join(", ", local.missing_endpoints)}, which tasks in its private subnets call. Add them to",
      local.is_network_created
      ? "network.created.interface_endpoints, which replaces the default."
      : "interface_endpoints of modules/network, or set network.given or network.created.",
    ])
  }
}

data "aws_subnets" "found" {
  for_each = data.aws_vpcs.found

  filter {
    name   = "vpc-id"
    values = each.value.ids
  }

  tags = { Tier = local.subnet_tier }

  lifecycle {
    postcondition {
      condition = length(self.ids) > 0
      error_message = join(" ", [
        "No subnet of the VPC ${each.key} has the tag Tier = ${local.subnet_tier}. Tag the subnets, change",
        "use_public_subnets, or set network.given.",
      ])
    }
  }
}

module "network" {
  source   = "../modules/network"
  for_each = toset(local.is_network_created ? [local.environment] : [])

  name                = each.value
  cidr_block          = module.settings.network.created.cidr_block
  tiers               = [local.subnet_tier]
  zone_count          = module.settings.network.created.zone_count
  zone_ids            = module.settings.network.created.zone_ids
  interface_endpoints = module.settings.network.created.interface_endpoints
  endpoint_zone_count = module.settings.network.created.endpoint_zone_count
  tags                = local.tags
}
