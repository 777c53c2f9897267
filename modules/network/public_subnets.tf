locals {
  public_name        = "${var.name}_public"
  public_route_table = local.has_two_tiers ? aws_route_table.public[local.public_name] : aws_route_table.this
}

resource "aws_internet_gateway" "this" {
  for_each = toset(local.has_internet ? ["Public"] : [])

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_route" "internet" {
  for_each = aws_internet_gateway.this

  route_table_id         = local.public_route_table.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = each.value.id
}

# The public subnets of a VPC that also has private ones, in the second half of its addresses.
resource "aws_subnet" "public" {
  for_each = { for index, zone in local.zones : zone => index if local.has_two_tiers }

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr_block, 4, 8 + each.value)
  tags              = merge(var.tags, { Name = "${local.public_name}_${each.key}", Tier = "Public" })
}

resource "aws_route_table" "public" {
  for_each = toset(local.has_two_tiers ? [local.public_name] : [])

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = each.value })
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[local.public_name].id
}
