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
    [for vpc in module.network : vpc.subnet_ids],
    [for given in module.settings.network.given[*] : given.subnet_ids],
    [for found in data.aws_subnets.found : found.ids],
  )))
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

data "aws_availability_zones" "all" {
  for_each = toset(local.is_network_created ? [local.environment] : [])

  state = "available"

  # Local Zones and Wavelength Zones do not support Fargate.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-regions-zones.html
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }

  lifecycle {
    postcondition {
      condition = length(self.names) >= module.settings.network.created.zone_count
      error_message = join(" ", [
        "network.created.zone_count is ${module.settings.network.created.zone_count}, but ${local.region} has",
        "${length(self.names)} availability zones: ${join(", ", self.names)}.",
      ])
    }
  }
}

module "network" {
  source   = "./modules/network"
  for_each = toset(local.is_network_created ? [local.environment] : [])

  name       = each.value
  cidr_block = module.settings.network.created.cidr_block
  zones = slice(
    sort(data.aws_availability_zones.all[each.key].names),
    0,
    module.settings.network.created.zone_count,
  )
  is_public           = var.use_public_subnets
  interface_endpoints = module.settings.network.created.interface_endpoints
  tags                = local.tags
}

resource "aws_security_group" "tasks" {
  name        = "${local.environment}_tasks"
  description = "Tasks of ${local.environment}: no ingress, HTTPS egress"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${local.environment}_tasks" })
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.tasks.id
  description       = "AWS services and package indexes"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "among_tasks" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "Spark driver and executors"
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.tasks.id
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "among_tasks" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "Spark driver and executors"
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.tasks.id
  tags                         = local.tags
}
