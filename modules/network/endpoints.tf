locals {
  interface_endpoints = toset(local.is_private ? var.interface_endpoints : [])
  endpoint_zone_count = coalesce(var.endpoint_zone_count, local.zone_count)
  endpoint_zones      = slice(local.zones, 0, min(local.endpoint_zone_count, length(local.zones)))
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.id}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = concat([aws_route_table.this.id], values(aws_route_table.public)[*].id)
  tags              = merge(var.tags, { Name = "${var.name}_s3" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.current.id}.${each.value}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in local.endpoint_zones : aws_subnet.this[zone].id]
  security_group_ids  = [for group in aws_security_group.endpoints : group.id]
  tags                = merge(var.tags, { Name = "${var.name}_${each.value}" })
}

resource "aws_security_group" "endpoints" {
  for_each = toset(local.is_private ? [local.tier] : [])

  name        = "${var.name}_endpoints"
  description = "Endpoints of AWS services: HTTPS from the VPC"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name}_endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each = aws_security_group.endpoints

  security_group_id = each.value.id
  description       = "Tasks call AWS services"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = var.cidr_block
  tags              = var.tags
}
