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
    zone_count          = 2
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
    zone_count          = 1
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

run "subnets_are_in_zones_that_have_all_services" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zone_count          = 2
    is_public           = false
    interface_endpoints = ["athena", "states"]
    tags                = {}
  }

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

run "public_subnets_do_not_require_endpoints" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zone_count          = 3
    is_public           = true
    interface_endpoints = ["athena"]
    tags                = {}
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

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zone_ids            = ["euw1-az2", "euw1-az3"]
    is_public           = false
    interface_endpoints = ["athena"]
    tags                = {}
  }

  assert {
    condition = {
      for zone, subnet in aws_subnet.this : zone => subnet.cidr_block
    } == { "eu-west-1c" = "10.0.0.0/24", "eu-west-1a" = "10.0.1.0/24" }
    error_message = "The subnets are not in the given zones, in their order."
  }
}

run "a_zone_without_a_service_is_rejected" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zone_ids            = ["euw1-az2", "euw1-az3"]
    is_public           = false
    interface_endpoints = ["athena"]
    tags                = {}
  }

  override_data {
    target = data.aws_vpc_endpoint_service.interface["athena"]
    values = { availability_zones = ["eu-west-1b", "eu-west-1c"] }
  }

  expect_failures = [aws_vpc.this]
}

run "more_zones_than_the_region_has_are_rejected" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    name                = "shop_sales_dev"
    cidr_block          = "10.0.0.0/20"
    zone_count          = 4
    is_public           = true
    interface_endpoints = []
    tags                = {}
  }

  expect_failures = [aws_vpc.this]
}

run "only_spark_workers_connect_to_each_other" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    network                              = { created = {} }
  }

  override_module {
    target  = module.emr_sandbox_image
    outputs = { image_uri = "registry/emr:1", repository_arn = "arn", repository_name = "emr" }
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.https.from_port == 443
      && keys(aws_vpc_security_group_ingress_rule.spark_workers) == ["shop_sales_dev_spark"]
      && one(values(aws_vpc_security_group_ingress_rule.spark_workers)).ip_protocol == "tcp"
    )
    error_message = "Tasks accept connections, or Spark workers do not."
  }
}

run "descriptions_of_security_groups_and_rules_have_characters_that_ec2_accepts" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    enable_emr_studio                    = true
    network                              = { created = {} }
  }

  override_module {
    target  = module.emr_sandbox_image
    outputs = { image_uri = "registry/emr:1", repository_arn = "arn", repository_name = "emr" }
  }

  # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
  assert {
    condition = alltrue([
      for description in concat(
        [aws_security_group.tasks.description, aws_vpc_security_group_egress_rule.https.description],
        values(aws_security_group.spark)[*].description,
        values(aws_security_group.studio)[*].description,
        values(aws_vpc_security_group_egress_rule.spark_https)[*].description,
        values(aws_vpc_security_group_egress_rule.spark_workers)[*].description,
        values(aws_vpc_security_group_ingress_rule.spark_workers)[*].description,
        values(aws_vpc_security_group_ingress_rule.studio_engine)[*].description,
        values(aws_vpc_security_group_egress_rule.studio_workspace_engine)[*].description,
        values(aws_vpc_security_group_egress_rule.studio_workspace_https)[*].description,
      ) : can(regex("^[a-zA-Z0-9. _:/()#,@\\[\\]+=&;{}!$*-]{0,255}$", description))
    ])
    error_message = "EC2 rejects a description."
  }
}
