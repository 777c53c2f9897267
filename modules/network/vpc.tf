data "aws_region" "current" {}

locals {
  # The tier of the subnets in `aws_subnet.this`; a second tier has resources of its own, in public_subnets.tf.
  tier          = contains(var.tiers, "Private") ? "Private" : "Public"
  is_private    = local.tier == "Private"
  has_internet  = contains(var.tiers, "Public")
  has_two_tiers = local.is_private && local.has_internet

  # domain_factory compares the value with the services that tasks call.
  endpoints_tag = {
    for services in [join(" ", local.interface_endpoints)] : "interface_endpoints" => services if services != ""
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(var.tags, { Name = var.name }, local.endpoints_tag)

  lifecycle {
    precondition {
      condition     = length(local.zone_errors) == 0
      error_message = join("\n", local.zone_errors)
    }
  }
}

# Unmanaged, the default security group allows traffic between its members and all egress.
# https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}_closed" })
}

resource "aws_subnet" "this" {
  for_each = { for index, zone in local.zones : zone => index }

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr_block, 4, each.value)
  tags              = merge(var.tags, { Name = "${var.name}_${each.key}", Tier = local.tier })
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_route_table_association" "this" {
  for_each = aws_subnet.this

  subnet_id      = each.value.id
  route_table_id = aws_route_table.this.id
}
