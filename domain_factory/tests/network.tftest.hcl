# The network of tasks: found by tag, given by ID, or created.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
}

run "the_platform_vpc_is_found_by_its_name_tag" {
  command = plan

  assert {
    condition = data.aws_vpcs.found["shop_network_platform_prod"].tags == tomap({
      Name = "shop_network_platform_prod"
    })
    error_message = "The VPC is not selected by the tag Name = {project_name}_network_platform_prod."
  }

  assert {
    condition = (
      one(values(data.aws_subnets.found)).tags == tomap({ Tier = "Public" })
      && local.subnet_ids == tolist(["subnet-1", "subnet-2"])
    )
    error_message = "The subnets are not those of the tier, sorted by ID."
  }
}

run "a_missing_vpc_is_an_error_with_its_tag" {
  command = plan

  override_data {
    target = data.aws_vpcs.found
    values = { ids = [] }
  }

  expect_failures = [data.aws_vpcs.found]
}

run "missing_subnets_are_an_error_with_their_tag" {
  command = plan

  variables {
    use_public_subnets = false
    network            = { found = { vpc_name = "platform" } }
  }

  override_data {
    target = data.aws_subnets.found
    values = { ids = [] }
  }

  assert {
    condition     = data.aws_subnets.found["platform"].tags == tomap({ Tier = "Private" })
    error_message = "Private subnets are not selected by the tag Tier = Private."
  }

  expect_failures = [data.aws_subnets.found]
}

run "given_ids_are_used_without_a_lookup" {
  command = plan

  variables {
    network = { given = { vpc_id = "vpc-9", subnet_ids = ["subnet-9"] } }
  }

  assert {
    condition = (
      local.vpc_id == "vpc-9"
      && local.subnet_ids == tolist(["subnet-9"])
      && length(data.aws_vpcs.found) == 0
    )
    error_message = "Tasks do not run in the given network."
  }
}

run "tasks_run_in_a_created_network" {
  command = plan

  variables {
    use_public_subnets = false
    network            = { created = { zone_count = 3 } }
  }

  assert {
    condition = (
      length(local.subnet_ids) == 3
      && length(data.aws_vpcs.found) == 0
      && !output.domain_object.network.assign_public_ip
    )
    error_message = "Tasks do not run in the three private subnets."
  }
}

run "a_private_network_has_the_endpoints_that_tasks_require" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zones               = ["eu-west-1a", "eu-west-1b"]
    is_public           = false
    interface_endpoints = ["athena", "states"]
    tags                = {}
  }

  assert {
    condition = toset([
      for endpoint in aws_vpc_endpoint.interface : endpoint.service_name
    ]) == toset(["com.amazonaws.eu-west-1.athena", "com.amazonaws.eu-west-1.states"])
    error_message = "An endpoint is missing."
  }

  assert {
    condition = (
      [for subnet in aws_subnet.this : subnet.cidr_block] == ["10.0.0.0/24", "10.0.1.0/24"]
      && alltrue([for subnet in aws_subnet.this : subnet.tags.Tier == "Private"])
    )
    error_message = "The subnets are not private sixteenths of the VPC."
  }

  assert {
    condition     = length(aws_internet_gateway.this) == 0 && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "A private network has a route to the internet, or no S3 gateway endpoint."
  }
}

run "a_public_network_has_a_route_to_the_internet" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zones               = ["eu-west-1a"]
    is_public           = true
    interface_endpoints = ["athena"]
    tags                = {}
  }

  assert {
    condition = (
      length(aws_internet_gateway.this) == 1
      && length(aws_route.internet) == 1
      && length(aws_vpc_endpoint.interface) == 0
    )
    error_message = "A public network has no route to the internet, or has interface endpoints."
  }
}

run "more_zones_than_the_region_has_are_rejected" {
  command = plan

  variables {
    network = { created = { zone_count = 4 } }
  }

  expect_failures = [data.aws_availability_zones.all]
}
