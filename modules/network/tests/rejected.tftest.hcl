# Rejected values of the variables.

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
  name = "shop_network_platform_prod"
}

run "a_block_that_does_not_start_at_its_network_address_is_rejected" {
  command = plan

  variables {
    cidr_block = "10.0.0.1/20"
  }

  expect_failures = [var.cidr_block]
}

run "a_block_smaller_than_24_is_rejected" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/25"
  }

  expect_failures = [var.cidr_block]
}

run "a_network_without_addresses_for_tasks_is_rejected" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/24"
  }

  expect_failures = [var.cidr_block]
}

run "an_unknown_tier_is_rejected" {
  command = plan

  variables {
    tiers = ["private"]
  }

  expect_failures = [var.tiers]
}

run "a_network_without_tiers_is_rejected" {
  command = plan

  variables {
    tiers = []
  }

  expect_failures = [var.tiers]
}

run "a_fraction_of_a_zone_is_rejected" {
  command = plan

  variables {
    zone_count = 1.5
  }

  expect_failures = [var.zone_count]
}

run "zone_names_instead_of_ids_are_rejected" {
  command = plan

  variables {
    zone_ids = ["eu-west-1a"]
  }

  expect_failures = [var.zone_ids]
}

run "zones_given_twice_are_rejected" {
  command = plan

  variables {
    zone_ids = ["euw1-az1", "euw1-az1"]
  }

  expect_failures = [var.zone_ids]
}

run "a_number_of_zones_and_their_ids_together_are_rejected" {
  command = plan

  variables {
    zone_count = 2
    zone_ids   = ["euw1-az1"]
  }

  expect_failures = [var.zone_count]
}

run "complete_names_of_services_are_rejected" {
  command = plan

  variables {
    interface_endpoints = ["com.amazonaws/athena"]
  }

  expect_failures = [var.interface_endpoints]
}

run "more_services_than_a_tag_can_list_are_rejected" {
  command = plan

  variables {
    interface_endpoints = [for number in range(30) : "service${number}"]
  }

  expect_failures = [var.interface_endpoints]
}

run "endpoints_in_more_zones_than_the_network_has_are_rejected" {
  command = plan

  variables {
    zone_ids            = ["euw1-az1"]
    endpoint_zone_count = 2
  }

  expect_failures = [var.endpoint_zone_count]
}

run "a_zone_without_a_service_is_rejected" {
  command = plan

  variables {
    zone_ids = ["euw1-az2", "euw1-az3"]
  }

  override_data {
    target = data.aws_vpc_endpoint_service.interface["athena"]
    values = { availability_zones = ["eu-west-1b", "eu-west-1c"] }
  }

  expect_failures = [aws_vpc.this]
}

run "more_zones_than_the_region_has_are_rejected" {
  command = plan

  variables {
    tiers      = ["Public"]
    zone_count = 4
  }

  expect_failures = [aws_vpc.this]
}

run "zones_of_endpoints_in_a_network_without_endpoints_are_rejected" {
  command = plan

  variables {
    tiers               = ["Public"]
    endpoint_zone_count = 1
  }

  expect_failures = [var.endpoint_zone_count]
}
