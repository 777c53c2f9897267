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

run "a_shared_network_with_the_endpoints_that_tasks_require_is_accepted" {
  command = plan

  variables {
    use_public_subnets = false
  }

  override_data {
    target = data.aws_vpc.found
    values = { tags = { interface_endpoints = "athena ecr.api ecr.dkr glue logs secretsmanager states sts" } }
  }
}

run "a_missing_endpoint_of_a_shared_network_is_named" {
  command = plan

  variables {
    use_public_subnets = false
  }

  override_data {
    target = data.aws_vpc.found
    values = { tags = { interface_endpoints = "athena ecr.api ecr.dkr glue logs sts" } }
  }

  assert {
    condition     = local.missing_endpoints == ["states"]
    error_message = "The missing endpoints are ${jsonencode(local.missing_endpoints)}."
  }

  expect_failures = [check.endpoints]
}

run "a_missing_endpoint_of_a_created_network_is_named" {
  command = plan

  variables {
    use_public_subnets = false
    network            = { created = { interface_endpoints = ["ecr.api", "ecr.dkr", "glue", "logs", "states", "sts"] } }
  }

  assert {
    condition     = local.missing_endpoints == ["athena"]
    error_message = "The missing endpoints are ${jsonencode(local.missing_endpoints)}."
  }

  expect_failures = [check.endpoints]
}

run "a_network_without_the_tag_is_not_checked" {
  command = plan

  variables {
    use_public_subnets = false
  }

  override_data {
    target = data.aws_vpc.found
    values = { tags = { Name = "shop_network_platform_prod" } }
  }
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

run "tasks_run_in_a_created_network_in_which_only_spark_workers_connect_to_each_other" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    network                              = { created = { zone_count = 3 } }
  }

  assert {
    condition = (
      length(local.subnet_ids) == 3
      && length(data.aws_vpcs.found) == 0
      && !output.domain_object.network.assign_public_ip
    )
    error_message = "Tasks do not run in the three private subnets."
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

run "the_spark_application_is_stopped_before_its_settings_change" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    network                              = { given = { vpc_id = "vpc-9", subnet_ids = ["subnet-9"] } }
  }

  override_module {
    target  = module.emr_sandbox_image
    outputs = { image_uri = "registry/emr:1", repository_arn = "arn", repository_name = "emr" }
  }

  override_resource {
    target          = aws_security_group.spark
    override_during = plan
    values          = { id = "sg-9" }
  }

  assert {
    condition = alltrue([
      for setting in ["registry/emr:1", "subnet-9", "sg-9", "emr-spark-8.0.0", "X86_64"] :
      strcontains(local.emr_settings, "\"${setting}\"")
    ])
    error_message = "The application is updated while it is started."
  }
}
