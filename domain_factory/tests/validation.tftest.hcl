# What a service would refuse, or what would collide, is refused by the plan. A run holds several mistakes, and each must be
# found; Terraform leaves a validation out that refers to another mistaken variable.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
}

run "malformed_names_are_refused" {
  command = plan

  variables {
    project_name                   = "Shop"
    domain_name                    = "sales-emea"
    git_repository                 = "https://git.example.com/?a=b"
    kms_key_arn                    = "arn:aws:kms:eu-west-1:111122223333:alias/lake"
    failure_notification_receivers = ["data-team"]
    datalake_admin_principal_arns  = ["arn:aws:sts::111122223333:assumed-role/admin/me"]
    bedrock_model_ids              = { small = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" }
    container_cli                  = "lxc"
    emr_serverless                 = { release_label = "spark-4" }
    network                        = { created = { cidr_block = "10.0.0.1/20" } }
    base_images                    = { python = "Python 3.13" }
  }

  expect_failures = [
    var.project_name,
    var.domain_name,
    var.git_repository,
    var.kms_key_arn,
    var.failure_notification_receivers,
    var.datalake_admin_principal_arns,
    var.bedrock_model_ids,
    var.container_cli,
    var.emr_serverless,
    var.network,
    var.base_images,
  ]
}

run "names_that_a_service_refuses_are_refused" {
  command = plan

  variables {
    project_name         = "shop__eu"
    domain_name          = "sales_"
    tags                 = { "aws:owner" = "me" }
    database_description = format("%2049s", "x")
    emr_serverless       = { architecture = "arm64" }
    network              = { created = { interface_endpoints = ["com.amazonaws/athena"] } }
  }

  expect_failures = [
    var.project_name,
    var.domain_name,
    var.tags,
    var.database_description,
    var.emr_serverless,
    var.network,
  ]
}

run "names_that_are_taken_are_refused" {
  command = plan

  variables {
    project_name = "sthree"
    tags         = { stage_name = "prod" }
    network      = { given = { vpc_id = "platform", subnet_ids = ["subnet-1"] } }
  }

  expect_failures = [var.project_name, var.tags, var.network]
}

run "a_malformed_stage_is_refused" {
  command = plan

  variables {
    stage_name = "2_staging"
    tags       = { for number in range(41) : "tag_${number}" => "value" }
  }

  expect_failures = [var.stage_name, var.tags]
}

run "names_that_grow_too_long_are_refused" {
  command = plan

  variables {
    domain_name = "sales_of_all_countries_and_regions_of_the_world"
  }

  expect_failures = [var.stage_name]
}

run "a_malformed_layer_and_numbers_that_are_too_small_are_refused" {
  command = plan

  variables {
    layers                      = { raw-data = {} }
    data_retention              = { old_version_days = 0 }
    athena_bytes_scanned_cutoff = 1000
    max_task_age_minutes        = 1
    emr_serverless              = { maximum_vcpus = 0 }
    network                     = { created = { zone_count = 0 } }
  }

  expect_failures = [
    var.layers,
    var.data_retention,
    var.athena_bytes_scanned_cutoff,
    var.max_task_age_minutes,
    var.emr_serverless,
    var.network,
  ]
}

run "a_second_domain_layer_and_numbers_that_are_too_large_are_refused" {
  command = plan

  variables {
    layers         = { domain = {} }
    data_retention = { archive_after_days = 731 }
    emr_serverless = { idle_minutes = 10081 }
    network        = { created = { cidr_block = "10.0.0.0/25" } }
  }

  expect_failures = [
    var.layers,
    var.data_retention,
    var.emr_serverless,
    var.network,
  ]
}

run "a_layer_with_the_domains_database_and_a_network_without_subnets_are_refused" {
  command = plan

  variables {
    layers         = { raw = { database = "sales" } }
    network        = { given = { vpc_id = "vpc-1", subnet_ids = [] } }
    data_retention = { log_days = 31 }
  }

  expect_failures = [var.layers, var.network, var.data_retention]
}

run "two_layers_with_one_database_and_two_networks_are_refused" {
  command = plan

  variables {
    layers  = { raw = { database = "events" }, trusted = { database = "events" } }
    network = { created = {}, given = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] } }
  }

  expect_failures = [var.layers, var.network]
}

run "a_layer_with_too_long_a_name_and_switches_without_what_they_need_are_refused" {
  command = plan

  variables {
    domain_name                    = format("sales%038d", 0)
    enable_codeartifact            = true
    layers                         = { raw = { database = format("x%0255d", 0) } }
    enable_emr_studio              = true
    enable_llm_investigation       = true
    manage_lake_formation_settings = true
  }

  expect_failures = [
    var.enable_codeartifact,
    var.layers,
    var.enable_emr_studio,
    var.enable_llm_investigation,
    var.manage_lake_formation_settings,
  ]
}

run "spark_in_public_subnets_and_settings_of_an_unused_service_are_refused" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    manage_lake_formation_settings       = true
    enable_lake_formation                = false
    datalake_admin_principal_arns        = ["arn:aws:iam::111122223333:role/admin"]
  }

  expect_failures = [var.skip_emr_serverless_sandbox_creation, var.manage_lake_formation_settings]
}
