# Rejected values of the object variables. A run contains several violations, and each must be found.

variables {
  domain_name        = "sales"
  stage_name         = "dev"
  use_public_subnets = false
  layers             = {}
  data_retention     = {}
  bedrock_model_ids  = {}
  network            = {}
  base_images        = {}
  emr_serverless     = {}
}

run "malformed_names_are_rejected" {
  command = plan

  variables {
    bedrock_model_ids = { small = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" }
    emr_serverless    = { release_label = "spark-4" }
    network           = { created = { cidr_block = "10.0.0.1/20" } }
    base_images       = { python = "Python 3.13" }
  }

  expect_failures = [
    output.bedrock_model_ids,
    output.emr_serverless,
    output.network,
    output.base_images,
  ]
}

run "names_that_a_service_does_not_accept_are_rejected" {
  command = plan

  variables {
    emr_serverless = { architecture = "arm64" }
    network        = { created = { interface_endpoints = ["com.amazonaws/athena"] } }
  }

  expect_failures = [
    output.emr_serverless,
    output.network,
  ]
}

run "invalid_network_ids_are_rejected" {
  command = plan

  variables {
    network = { given = { vpc_id = "platform", subnet_ids = ["subnet-1"] } }
  }

  expect_failures = [output.network]
}

run "malformed_layers_and_numbers_below_the_minimum_are_rejected" {
  command = plan

  variables {
    layers         = { raw-data = {} }
    data_retention = { old_version_days = 0 }
    emr_serverless = { maximum_vcpus = 0 }
    network        = { created = { zone_count = 0 } }
  }

  expect_failures = [
    output.layers,
    output.data_retention,
    output.emr_serverless,
    output.network,
  ]
}

run "a_layer_named_domain_and_numbers_above_the_maximum_are_rejected" {
  command = plan

  variables {
    layers         = { domain = {} }
    data_retention = { archive_after_days = 731 }
    emr_serverless = { idle_minutes = 10081 }
    network        = { created = { cidr_block = "10.0.0.0/25" } }
  }

  expect_failures = [
    output.layers,
    output.data_retention,
    output.emr_serverless,
    output.network,
  ]
}

run "a_layer_with_the_domains_database_and_a_network_without_subnets_are_rejected" {
  command = plan

  variables {
    layers         = { raw = { database = "sales" } }
    network        = { given = { vpc_id = "vpc-1", subnet_ids = [] } }
    data_retention = { log_days = 31 }
  }

  expect_failures = [output.layers, output.network, output.data_retention]
}

run "layers_with_the_same_database_and_two_networks_are_rejected" {
  command = plan

  variables {
    layers  = { raw = { database = "events" }, trusted = { database = "events" } }
    network = { created = {}, given = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] } }
  }

  expect_failures = [output.layers, output.network]
}

run "layer_names_over_the_limit_are_rejected" {
  command = plan

  variables {
    domain_name = format("sales%038d", 0)
    layers      = { raw = { database = format("x%0255d", 0) } }
  }

  expect_failures = [
    output.layers,
  ]
}

run "found_and_created_networks_together_are_rejected" {
  command = plan

  variables {
    network = { created = {}, found = { vpc_name = "platform" } }
  }

  expect_failures = [output.network]
}

run "a_network_without_addresses_for_tasks_is_rejected" {
  command = plan

  variables {
    network = { created = { cidr_block = "10.0.0.0/24" } }
  }

  expect_failures = [output.network]

  assert {
    condition = strcontains(
      one(local.address_errors),
      "a subnet is a /28 with 16 addresses. AWS reserves 5 and the interface endpoints use 8, which leaves 3 for tasks",
    )
    error_message = "The message is ${jsonencode(local.address_errors)}."
  }
}

run "the_smallest_public_network_is_accepted" {
  command = plan

  variables {
    use_public_subnets = true
    network            = { created = { cidr_block = "10.0.0.0/24" } }
  }
}

run "the_smallest_private_network_is_accepted" {
  command = plan

  variables {
    network = { created = { cidr_block = "10.0.0.0/23" } }
  }
}

run "zone_names_instead_of_ids_are_rejected" {
  command = plan

  variables {
    network = { created = { zone_ids = ["eu-west-1a"] } }
  }

  expect_failures = [output.network]
}

run "zones_given_twice_are_rejected" {
  command = plan

  variables {
    network = { created = { zone_ids = ["euw1-az1", "euw1-az1"] } }
  }

  expect_failures = [output.network]
}

run "a_number_of_zones_and_their_ids_together_are_rejected" {
  command = plan

  variables {
    network = { created = { zone_count = 2, zone_ids = ["euw1-az1"] } }
  }

  expect_failures = [output.network]
}
