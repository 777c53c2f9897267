# The zones of a network, and when they change.

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

run "subnets_are_in_zones_that_have_all_services" {
  command = plan

  override_data {
    target = data.aws_vpc_endpoint_service.interface["athena"]
    values = { availability_zones = ["eu-west-1b", "eu-west-1c"] }
  }

  assert {
    condition     = keys(aws_subnet.this) == ["eu-west-1b", "eu-west-1c"]
    error_message = "A subnet is in a zone without an endpoint: ${join(", ", keys(aws_subnet.this))}."
  }

  assert {
    condition = alltrue([
      for id in ["use1-az3", "usw1-az2", "apne1-az3", "cac1-az4"] :
      contains(data.aws_availability_zones.all.exclude_zone_ids, id)
    ])
    error_message = "A zone without Fargate or EMR Serverless is not excluded."
  }
}

run "a_network_in_the_zones_of_the_region" {
  override_data {
    target = data.aws_availability_zones.all
    values = { names = ["eu-west-1b", "eu-west-1c"], zone_ids = ["euw1-az1", "euw1-az2"] }
  }

  assert {
    condition     = keys(aws_subnet.this) == ["eu-west-1b", "eu-west-1c"]
    error_message = "The subnets are in ${join(", ", keys(aws_subnet.this))}."
  }
}

run "a_new_zone_does_not_move_the_subnets" {
  command = plan

  assert {
    condition     = keys(aws_subnet.this) == ["eu-west-1b", "eu-west-1c"]
    error_message = "The subnets move to ${join(", ", keys(aws_subnet.this))}."
  }
}

run "another_number_of_zones_is_applied" {
  command = plan

  variables {
    zone_count = 3
  }

  assert {
    condition     = keys(aws_subnet.this) == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    error_message = "The subnets are in ${join(", ", keys(aws_subnet.this))}."
  }
}
