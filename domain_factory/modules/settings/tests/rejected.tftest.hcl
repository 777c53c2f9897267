# Rejected values of the object variables. A run contains several violations, and each must be found.

variables {
  domain_name       = "sales"
  stage_name        = "dev"
  layers            = {}
  data_retention    = {}
  alarms            = {}
  failure_reports   = {}
  freshness_check   = {}
  bedrock_model_ids = {}
  network           = {}
  base_images       = {}
  emr_serverless    = {}
}

run "malformed_names_are_rejected" {
  command = plan

  variables {
    bedrock_model_ids = { small = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" }
    emr_serverless    = { release_label = "emr-7.9.0" }
    base_images       = { python = "Python 3.13" }
  }

  expect_failures = [
    output.bedrock_model_ids,
    output.emr_serverless,
    output.base_images,
  ]
}

run "names_that_a_service_does_not_accept_are_rejected" {
  command = plan

  variables {
    emr_serverless = { architecture = "arm64" }
  }

  expect_failures = [
    output.emr_serverless,
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
    alarms         = { failed_executions = 0 }
    emr_serverless = { maximum_vcpus = 0 }
  }

  expect_failures = [
    output.layers,
    output.data_retention,
    output.alarms,
    output.emr_serverless,
  ]
}

run "a_layer_named_domain_and_numbers_above_the_maximum_are_rejected" {
  command = plan

  variables {
    layers         = { domain = {} }
    data_retention = { archive_after_days = 731 }
    alarms         = { execution_minutes = 4 }
    emr_serverless = { idle_minutes = 10081 }
  }

  expect_failures = [
    output.layers,
    output.data_retention,
    output.alarms,
    output.emr_serverless,
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


run "a_value_of_a_secret_and_a_channel_with_spaces_are_rejected" {
  command = plan

  variables {
    failure_reports = { slack_secret_arn = "https://hooks.slack.com/services/T0/B0/x", slack_channel = "our team" }
  }

  expect_failures = [output.failure_reports]
}

run "a_schedule_that_is_no_expression_is_rejected" {
  command = plan

  variables {
    freshness_check = { schedule = "rate(1 hours)" }
  }

  expect_failures = [output.freshness_check]
}

run "a_channel_without_a_secret_is_rejected" {
  command = plan

  variables {
    failure_reports = { slack_channel = "#operations" }
  }

  expect_failures = [output.failure_reports]
}
