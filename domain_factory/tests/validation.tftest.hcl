# Values that a service would not accept, or that would collide, are rejected by the plan. A run contains several
# violations, and each must be found; Terraform skips validations that refer to another invalid variable.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
}

run "malformed_names_are_rejected" {
  command = plan

  variables {
    project_name                   = "Shop"
    domain_name                    = "sales-emea"
    git_repository                 = "https://git.example.com/?a=b"
    kms_key_arn                    = "arn:aws:kms:eu-west-1:111122223333:alias/lake"
    failure_notification_receivers = ["data-team"]
    datalake_admin_principal_arns  = ["arn:aws:sts::111122223333:assumed-role/admin/me"]
    data_steward_arns              = ["arn:aws:sts::111122223333:assumed-role/steward/me"]
    datalfred_user_arns            = ["arn:aws:iam::111122223333:root"]
    redshift_reader_arns           = ["arn:aws:iam::111122223333:root"]
    datalfred_bytes_scanned_cutoff = 1
    container_cli                  = "lxc"
    permissions_boundary_arn       = "arn:aws:iam::111122223333:role/boundary"
    role_path                      = "datalake"
    table_storage                  = "iceberg"
  }

  expect_failures = [
    var.table_storage,
    var.project_name,
    var.domain_name,
    var.git_repository,
    var.kms_key_arn,
    var.failure_notification_receivers,
    var.datalake_admin_principal_arns,
    var.data_steward_arns,
    var.datalfred_bytes_scanned_cutoff,
    var.datalfred_user_arns,
    var.redshift_reader_arns,
    var.container_cli,
    var.permissions_boundary_arn,
    var.role_path,
  ]
}

run "names_that_a_service_does_not_accept_are_rejected" {
  command = plan

  variables {
    project_name         = "shop__eu"
    role_path            = "/datalake//sales/"
    domain_name          = "sales_"
    tags                 = { "aws:owner" = "me" }
    database_description = format("%2049s", "x")
  }

  expect_failures = [
    var.project_name,
    var.domain_name,
    var.role_path,
    var.tags,
    var.database_description,
  ]
}

run "role_paths_over_the_limit_are_rejected" {
  command = plan

  variables {
    role_path = "/${join("/", [for number in range(12) : "path${number}"])}/"
  }

  expect_failures = [var.role_path]
}

run "reserved_names_are_rejected" {
  command = plan

  variables {
    project_name = "sthree"
    role_path    = "/aws-service-role/"
    tags         = { stage_name = "prod" }
  }

  expect_failures = [var.project_name, var.role_path, var.tags]
}

run "malformed_stages_are_rejected" {
  command = plan

  variables {
    stage_name = "staging__2"
    tags       = { for number in range(41) : "tag_${number}" => "value" }
  }

  expect_failures = [var.stage_name, var.tags]
}

run "numbers_below_the_minimum_are_rejected" {
  command = plan

  variables {
    athena_bytes_scanned_cutoff = 1000
    max_task_age_minutes        = 1
  }

  expect_failures = [
    var.athena_bytes_scanned_cutoff,
    var.max_task_age_minutes,
  ]
}

run "features_without_their_prerequisites_are_rejected" {
  command = plan

  variables {
    domain_name       = format("sales%038d", 0)
    enable_emr_studio = true
  }

  expect_failures = [
    var.enable_codeartifact,
    var.enable_emr_studio,
  ]
}

run "spark_in_public_subnets_is_rejected" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
  }

  expect_failures = [var.skip_emr_serverless_sandbox_creation]
}

run "unknown_attributes_are_rejected" {
  command = plan

  variables {
    datasets          = { orders = { prefix = "sales/orders/" } }
    layers            = { raw = { descriptions = "As delivered" } }
    data_retention    = { old_versions_days = 3 }
    bedrock_model_ids = { tiny = "amazon.nova-lite-v1:0" }
    network           = { vpc_id = "vpc-1" }
    base_images       = { spark = "emr" }
    emr_serverless    = { release = "emr-spark-8.0.0" }
  }

  expect_failures = [
    var.datasets,
    var.layers,
    var.data_retention,
    var.bedrock_model_ids,
    var.network,
    var.base_images,
    var.emr_serverless,
  ]
}

run "unknown_attributes_of_a_found_network_are_rejected" {
  command = plan

  variables {
    network = { found = { vpc = "platform" } }
  }

  expect_failures = [var.network]
}

run "unknown_attributes_of_a_given_network_are_rejected" {
  command = plan

  variables {
    network = { given = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], subnets = [] } }
  }

  expect_failures = [var.network]
}

run "unknown_attributes_of_a_created_network_are_rejected" {
  command = plan

  variables {
    network = { created = { zones = 3 } }
  }

  expect_failures = [var.network]
}

run "endpoints_of_public_subnets_are_rejected" {
  command = plan

  variables {
    network = { created = { endpoint_zone_count = 1 } }
  }

  expect_failures = [var.network]
}

run "an_empty_permissions_boundary_is_rejected" {
  command = plan

  variables {
    permissions_boundary_arn = ""
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "an_unknown_model_size_is_rejected" {
  command = plan

  variables {
    failure_investigation_model_size = "huge"
  }

  expect_failures = [var.failure_investigation_model_size]
}

run "settings_other_than_objects_are_rejected" {
  command = plan

  variables {
    layers            = { raw = null }
    network           = "vpc-1"
    data_retention    = 30
    bedrock_model_ids = "small"
    base_images       = ["python"]
    emr_serverless    = "emr-7.10.0"
  }

  expect_failures = [
    var.layers,
    var.network,
    var.data_retention,
    var.bedrock_model_ids,
    var.base_images,
    var.emr_serverless,
  ]
}

run "invalid_numbers_are_rejected" {
  command = plan

  variables {
    layers         = ["raw"]
    network        = { created = { zone_count = "two" } }
    data_retention = { log_days = "a month" }
    emr_serverless = { idle_minutes = "15m" }
  }

  expect_failures = [var.layers, var.network, var.data_retention, var.emr_serverless]
}

run "invalid_booleans_are_rejected" {
  command = plan

  variables {
    data_retention = { delete_data_on_destroy = "yes" }
  }

  expect_failures = [var.data_retention]
}

run "letters_outside_of_ascii_are_rejected_in_tags_of_emr_serverless" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    tags                                 = { team = "Société" }
    git_repository                       = "https://git.example.com/société"
  }

  expect_failures = [var.tags, var.git_repository]
}

run "unknown_alarms_are_rejected" {
  command = plan

  variables {
    alarms = { failed_execution = 3 }
  }

  expect_failures = [var.alarms]
}

run "an_execution_age_without_a_failsafe_is_rejected" {
  command = plan

  variables {
    enable_failsafe = false
    alarms          = { execution_minutes = 60 }
  }

  expect_failures = [var.alarms]
}

run "a_budget_without_a_receiver_is_rejected" {
  command = plan

  variables {
    monthly_budget_usd = 100
  }

  expect_failures = [var.monthly_budget_usd]
}

run "a_budget_of_nothing_is_rejected" {
  command = plan

  variables {
    monthly_budget_usd             = 0
    failure_notification_receivers = ["data-team@example.com"]
  }

  expect_failures = [var.monthly_budget_usd]
}

run "an_invalid_role_to_assume_arn_is_rejected" {
  command = plan

  variables {
    role_to_assume_arn = "deploy"
  }

  expect_failures = [var.role_to_assume_arn]
}

run "an_investigation_without_reports_is_rejected" {
  command = plan

  variables {
    enable_llm_investigation = true
  }

  expect_failures = [var.enable_llm_investigation]
}

run "an_investigation_without_profiles_is_rejected" {
  command = plan

  variables {
    failure_reports          = { slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1" }
    enable_llm               = false
    enable_llm_investigation = true
  }

  expect_failures = [var.enable_llm_investigation]
}

run "unknown_attributes_of_failure_reports_are_rejected" {
  command = plan

  variables {
    failure_reports = { slack_secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3" }
  }

  expect_failures = [var.failure_reports]
}

run "a_secret_that_is_null_is_rejected" {
  command = plan

  variables {
    failure_reports = { slack_secret_arn = null }
  }

  expect_failures = [var.failure_reports]
}

run "invalid_and_reserved_names_of_consumer_groups_are_rejected" {
  command = plan

  variables {
    consumer_groups = ["Finance", "emr_studio_users", "datalfred"]
  }

  expect_failures = [var.consumer_groups]
}

run "a_consumer_group_whose_policy_would_exceed_the_limit_of_iam_is_rejected" {
  command = plan

  variables {
    consumer_groups = [join("", [for number in range(115) : "a"])]
  }

  expect_failures = [var.consumer_groups]
}
