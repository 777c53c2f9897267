# Where tasks run: found by tag, given by id, or made.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
}

run "the_platforms_vpc_is_found_by_its_name" {
  command = plan

  assert {
    condition = data.aws_vpcs.found["shop_network_platform_prod"].tags == tomap({
      Name = "shop_network_platform_prod"
    })
    error_message = "The VPC is looked for by another tag than Name = {project_name}_network_platform_prod."
  }

  assert {
    condition = (
      one(values(data.aws_subnets.found)).tags == tomap({ Tier = "Public" })
      && local.subnet_ids == tolist(["subnet-1", "subnet-2"])
    )
    error_message = "The subnets are not those of the tier, in an order of their own."
  }
}

run "a_missing_vpc_is_told_with_its_tag" {
  command = plan

  override_data {
    target = data.aws_vpcs.found
    values = { ids = [] }
  }

  expect_failures = [data.aws_vpcs.found]
}

run "missing_subnets_are_told_with_their_tag" {
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
    error_message = "Private subnets are looked for by another tag than Tier = Private."
  }

  expect_failures = [data.aws_subnets.found]
}

run "given_ids_are_not_looked_up" {
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
    error_message = "The given network is not the one of the tasks."
  }
}

run "a_made_network_is_that_of_the_tasks" {
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
    error_message = "The tasks do not run in the three private subnets."
  }
}

run "a_private_network_has_the_endpoints_that_tasks_need" {
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
    error_message = "A private network leads to the internet, or to S3 not through the gateway."
  }
}

run "a_public_network_leads_to_the_internet" {
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
    error_message = "A public network has no way out, or pays for interface endpoints."
  }
}

run "a_network_in_more_zones_than_there_are_is_refused" {
  command = plan

  variables {
    network = { created = { zone_count = 4 } }
  }

  expect_failures = [data.aws_availability_zones.all]
}
