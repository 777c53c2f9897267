mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_data "aws_availability_zones" {
    defaults = {
      names    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
      zone_ids = ["euw1-az3", "euw1-az1", "euw1-az2"]
    }
  }

  mock_data "aws_vpc_endpoint_service" {
    defaults = { availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }
}

variables {
  name                = "shop_network_platform_prod"
  interface_endpoints = ["athena", "states"]
}

run "public_and_private_subnets_share_a_vpc" {
  command = plan

  assert {
    condition = (
      values(aws_subnet.this)[*].cidr_block == ["10.0.0.0/24", "10.0.1.0/24"]
      && values(aws_subnet.public)[*].cidr_block == ["10.0.8.0/24", "10.0.9.0/24"]
      && alltrue([for subnet in aws_subnet.this : subnet.tags.Tier == "Private"])
      && alltrue([for subnet in aws_subnet.public : subnet.tags.Tier == "Public"])
    )
    error_message = "The subnets are not sixteenths of the VPC with the tags of their tiers."
  }

  assert {
    condition     = { for tier, ids in output.subnet_ids : tier => length(ids) } == { Private = 2, Public = 2 }
    error_message = "The subnets are not those of the tiers."
  }
}

run "only_public_subnets_have_a_route_to_the_internet" {
  command = apply

  assert {
    condition     = values(aws_route.internet)[*].route_table_id == values(aws_route_table.public)[*].id
    error_message = "The route to the internet is not in the route table of the public subnets."
  }

  assert {
    condition = alltrue([
      for association in aws_route_table_association.this : association.route_table_id == aws_route_table.this.id
    ])
    error_message = "Private subnets do not have the route table without a route to the internet."
  }

  assert {
    condition = (
      length(aws_vpc_endpoint.s3.route_table_ids) == 2
      && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    )
    error_message = "The S3 gateway endpoint does not have a route in both tiers."
  }
}

run "private_subnets_have_the_endpoints_that_tasks_require" {
  command = plan

  variables {
    tiers = ["Private"]
  }

  assert {
    condition = toset([
      for endpoint in aws_vpc_endpoint.interface : endpoint.service_name
    ]) == toset(["com.amazonaws.eu-west-1.athena", "com.amazonaws.eu-west-1.states"])
    error_message = "An endpoint is missing."
  }

  assert {
    condition = (
      length(aws_internet_gateway.this) == 0
      && length(aws_subnet.public) == 0
      && keys(aws_subnet.this) == ["eu-west-1a", "eu-west-1b"]
    )
    error_message = "A private network has public subnets or a route to the internet."
  }

  assert {
    condition     = aws_vpc.this.tags.interface_endpoints == "athena states"
    error_message = "The tag of the VPC does not list its endpoints."
  }
}

# Addresses of networks that domain_factory created with earlier versions.
run "public_subnets_without_private_ones_have_the_same_addresses_as_before" {
  command = apply

  variables {
    tiers = ["Public"]
  }

  assert {
    condition = (
      keys(aws_internet_gateway.this) == ["Public"]
      && aws_route.internet["Public"].route_table_id == aws_route_table.this.id
      && aws_subnet.this["eu-west-1a"].tags.Tier == "Public"
      && length(aws_subnet.public) == 0
      && length(aws_vpc_endpoint.interface) == 0
      && aws_vpc.this.tags == tomap({ Name = "shop_network_platform_prod" })
    )
    error_message = "A public network has other resources, or no route to the internet."
  }
}

run "endpoints_may_be_in_fewer_zones_than_subnets" {
  command = apply

  variables {
    zone_count          = 3
    endpoint_zone_count = 1
  }

  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.interface :
      endpoint.subnet_ids == toset([aws_subnet.this["eu-west-1a"].id])
    ])
    error_message = "An endpoint is not in the first zone only."
  }
}

run "endpoints_are_in_all_zones_by_default" {
  command = apply

  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.interface : endpoint.subnet_ids == toset(values(aws_subnet.this)[*].id)
    ])
    error_message = "An endpoint is not in all private subnets."
  }
}

run "public_subnets_do_not_require_endpoints" {
  command = plan

  variables {
    tiers      = ["Public"]
    zone_count = 3
  }

  override_data {
    target = data.aws_vpc_endpoint_service.interface
    values = { availability_zones = ["eu-west-1b"] }
  }

  assert {
    condition     = length(aws_subnet.this) == 3
    error_message = "A public network depends on the zones of endpoints."
  }
}

run "zones_can_be_selected_by_id" {
  command = plan

  variables {
    zone_ids = ["euw1-az2", "euw1-az3"]
  }

  assert {
    condition = {
      for zone, subnet in aws_subnet.this : zone => subnet.cidr_block
    } == { "eu-west-1c" = "10.0.0.0/24", "eu-west-1a" = "10.0.1.0/24" }
    error_message = "The subnets are not in the given zones, in their order."
  }
}

run "the_smallest_public_network_is_accepted" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/24"
    tiers      = ["Public"]
  }
}

run "the_smallest_network_with_the_endpoints_of_tasks_is_accepted" {
  command = plan

  variables {
    cidr_block          = "10.0.0.0/23"
    interface_endpoints = null
  }

  assert {
    condition = keys(aws_vpc_endpoint.interface) == [
      "athena", "ecr.api", "ecr.dkr", "glue", "logs", "states", "sts",
    ]
    error_message = "The endpoints are ${join(", ", keys(aws_vpc_endpoint.interface))}."
  }
}
