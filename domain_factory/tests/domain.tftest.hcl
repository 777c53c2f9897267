# The resources of a domain by default, and those of each optional feature.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"

  # The tests destroy what they create.
  prevent_destroy = false
}

override_module {
  target  = module.emr_stop
  outputs = { application_name = "shop_sales_dev" }
}

override_module {
  target = module.sdk
  outputs = {
    version           = "0.1.0+h0123456789ab"
    context_command   = "mkdir dist"
    pip_configuration = "[global]"
  }
}

override_module {
  target = module.sandbox_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_sandbox:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_sandbox"
  }
}

override_module {
  target = module.emr_sandbox_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_emr_sandbox:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_emr_sandbox"
  }
}

override_module {
  target = module.failsafe_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_failsafe:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_failsafe"
  }
}

run "default_domain" {
  assert {
    condition = jsonencode(output.domain_object) == jsonencode({
      project_name     = "shop"
      domain_name      = "sales"
      stage_name       = "dev"
      environment      = "shop_sales_dev"
      database_prefix  = "dev_"
      datasets         = {}
      region           = "eu-west-1"
      account_id       = "111122223333"
      partition        = "aws"
      data_bucket      = "shop-sales-dev-data"
      technical_bucket = "shop-sales-dev-technical"
      table_bucket_arn = null
      kms_key_arn      = null
      layers           = { domain = { database = "dev_sales", prefix = "sales" } }
      athena_workgroup = "shop_sales_dev"
      network = {
        vpc_id            = "vpc-1"
        subnet_ids        = ["subnet-1", "subnet-2"]
        security_group_id = aws_security_group.tasks.id
        assign_public_ip  = true
      }
      ecs_cluster_arn             = "arn:aws:ecs:eu-west-1:111122223333:cluster/cluster"
      emr_serverless              = null
      failure_topic_arn           = "arn:aws:sns:eu-west-1:111122223333:topic"
      lake_formation_enabled      = true
      use_only_iam_access_control = false
      freshness_check_role_arn    = null
      permissions_boundary_arn    = null
      role_path                   = "/"
      failsafe_enabled            = true
      alarms = {
        enabled               = true
        failed_executions     = 3
        execution_minutes     = 360
        queue_age_minutes     = 60
        throttled_transitions = 10
      }
      container_cli = "docker"
      codeartifact = {
        domain       = "shop-sales-dev"
        domain_owner = "111122223333"
        repository   = "python"
        endpoint     = "https://shop-sales-dev.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/"
      }
      base_images          = { python = "public.ecr.aws/docker/library/python:3.13-slim", emr = null }
      log_retention_days   = 30
      max_task_age_minutes = 1440
      prevent_destroy      = true
      tags                 = {}
    })
    error_message = "domain_object is different: ${jsonencode(output.domain_object)}"
  }

  assert {
    condition = jsondecode(
      aws_ssm_parameter.this["domain_object"].insecure_value
      ) == jsondecode(jsonencode({
        for name, value in output.domain_object : name => value if name != "datasets"
    }))
    error_message = "The published domain_object differs from the output."
  }

  assert {
    condition     = length(aws_emr_studio.this) == 0
    error_message = "A default domain has optional resources."
  }

  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && keys(aws_s3_bucket_public_access_block.this) == ["data", "technical"]
    error_message = "A bucket allows public access."
  }

  assert {
    condition = alltrue([
      for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"
    ])
    error_message = "A bucket is not versioned."
  }

  assert {
    condition = alltrue([
      for encryption in aws_s3_bucket_server_side_encryption_configuration.this :
      one(encryption.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    ])
    error_message = "A bucket has a different encryption."
  }

  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "A destroy deletes data by default."
  }

  assert {
    condition = (
      aws_athena_workgroup.this.configuration[0].enforce_workgroup_configuration
      && aws_athena_workgroup.this.configuration[0].bytes_scanned_cutoff_per_query == 1000000000000
    )
    error_message = "Queries have no limit of bytes scanned, or can override the result location."
  }

  assert {
    condition = alltrue([
      for version in aws_athena_workgroup.this.configuration[0].engine_version :
      version.selected_engine_version == "Athena engine version 3"
    ])
    error_message = "Iceberg requires Athena engine version 3."
  }

  assert {
    condition = (
      keys(aws_cloudwatch_event_rule.failsafe)
      == [for event in ["ecs", "executions", "schedule"] : "shop_sales_dev_failsafe_${event}"]
      && length(aws_lambda_permission.failsafe) == 3
    )
    error_message = "The failsafe is not invoked by stopped tasks, by executions, or not by a schedule."
  }

  assert {
    condition = (
      aws_cloudwatch_event_rule.failsafe["shop_sales_dev_failsafe_schedule"].schedule_expression
      == "rate(5 minutes)"
    )
    error_message = "The failsafe has another schedule."
  }

  assert {
    condition = {
      for alarm in aws_cloudwatch_metric_alarm.failsafe :
      alarm.alarm_name => "${alarm.metric_name} ${join(", ", values(alarm.dimensions))}"
      } == {
      shop_sales_dev_failsafe-errors    = "Errors shop_sales_dev_failsafe"
      shop_sales_dev_failsafe-throttles = "Throttles shop_sales_dev_failsafe"
      shop_sales_dev_failsafe-dead-letters = (
        "ApproximateNumberOfMessagesVisible shop_sales_dev_failsafe_dead_letters"
      )
    }
    error_message = "The alarms of the failsafe are different."
  }

  assert {
    condition = output.dashboard_url == join("", [
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1",
      "#dashboards/dashboard/shop_sales_dev",
    ])
    error_message = "The URL of the dashboard is ${coalesce(output.dashboard_url, "null")}."
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this["shop_sales_dev"].dashboard_body).widgets :
      length(widget.properties.alarms) if widget.type == "alarm"
    ] == [3]
    error_message = "The dashboard does not show the alarms of the failsafe."
  }

  assert {
    condition = (
      aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
      && length(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy) == 0
    )
    error_message = "The capacity providers are ${jsonencode(aws_ecs_cluster_capacity_providers.this)}."
  }

  assert {
    condition = (
      length(aws_lambda_function.failure_reports) == 0
      && length(aws_iam_role.failure_reports) == 0
      && length(aws_cloudwatch_event_rule.failure_reports) == 0
      && keys(aws_sqs_queue.undelivered) == ["shop_sales_dev_failsafe"]
      && length(aws_cloudwatch_metric_alarm.undelivered) == 0
    )
    error_message = "Resources of reports exist."
  }
}

run "alarms_dashboard_and_bedrock_profiles_are_optional" {
  command = plan

  variables {
    alarms                  = { enabled = false }
    enable_dashboard        = false
    enable_bedrock_profiles = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failsafe) == 0
    error_message = "A domain without alarms has one."
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0 && output.dashboard_url == null
    error_message = "A domain without a dashboard has one."
  }

  assert {
    condition     = length(aws_bedrock_inference_profile.this) == 0 && output.model_profile_arns == {}
    error_message = "The profiles are ${join(", ", keys(aws_bedrock_inference_profile.this))}."
  }
}

run "all_resources_have_the_given_key_and_tags" {
  command = plan

  variables {
    kms_key_arn                    = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    tags                           = { team = "Société" }
    failure_notification_receivers = ["data-team@example.com", "on-call@example.com"]
    monthly_budget_usd             = 250.5
    role_to_assume_arn             = "arn:aws:iam::111122223333:role/platform"
  }

  assert {
    condition = alltrue([
      for tags in concat(
        [for bucket in aws_s3_bucket.this : bucket.tags],
        [for database in aws_glue_catalog_database.layer : database.tags],
        [
          aws_athena_workgroup.this.tags,
          aws_ecs_cluster.this.tags,
          aws_sns_topic.failures.tags,
          aws_iam_policy.consumer["consumer"].tags,
        ],
        [for function in aws_lambda_function.failsafe : function.tags],
        ) : tags == tomap({
          project_name   = "shop"
          domain_name    = "sales"
          stage_name     = "dev"
          git_repository = "https://git.example.com/shop/sales"
          team           = "Société"
      })
    ])
    error_message = "A resource has other tags."
  }

  assert {
    condition = alltrue([
      for key in concat(
        [
          for encryption in aws_s3_bucket_server_side_encryption_configuration.this :
          one(encryption.rule).apply_server_side_encryption_by_default[0].kms_master_key_id
        ],
        [for group in aws_cloudwatch_log_group.failsafe : group.kms_key_id],
        [
          aws_sns_topic.failures.kms_master_key_id,
          aws_athena_workgroup.this.configuration[0].result_configuration[0].encryption_configuration[0].kms_key_arn,
        ],
      ) : key == var.kms_key_arn
    ])
    error_message = "A resource is encrypted with another key."
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.failures) == ["data-team@example.com", "on-call@example.com"]
    error_message = "A receiver has no subscription."
  }

  assert {
    condition = one(
      one(aws_ecs_cluster.this.configuration).managed_storage_configuration
    ).fargate_ephemeral_storage_kms_key_id == var.kms_key_arn
    error_message = "The key does not encrypt the ephemeral storage of Fargate."
  }

  assert {
    condition     = one(values(aws_sqs_queue.undelivered)).kms_master_key_id == var.kms_key_arn
    error_message = "The key does not encrypt the dead-letter queue."
  }

  assert {
    condition = (
      aws_budgets_budget.this["shop_sales_dev"].limit_amount == "250.5"
      && one(aws_budgets_budget.this["shop_sales_dev"].cost_filter).values == tolist([
        "user:domain_name$sales", "user:project_name$shop", "user:stage_name$dev",
      ])
    )
    error_message = "The budget is different: ${jsonencode(aws_budgets_budget.this["shop_sales_dev"])}"
  }

  assert {
    condition = toset([
      for notification in aws_budgets_budget.this["shop_sales_dev"].notification :
      "${notification.notification_type} ${notification.threshold}"
    ]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "The notifications of the budget are different."
  }

  assert {
    condition     = length(module.role_to_assume) == 1
    error_message = "The role of the provider is not checked."
  }
}

run "query_results_expire_and_tables_do_not" {
  command = plan

  variables {
    data_retention = { query_result_days = 3, log_days = 90, archive_after_days = 180 }
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this["technical"].rule :
      rule.filter[0].prefix => rule.expiration[0].days
      if contains(["athena", "ingestion_api", "logs", "redshift"], rule.id)
    } == { "athena/" = 3, "ingestion_api/" = 15, "logs/" = 90, "redshift/" = 3 }
    error_message = "Query results and logs do not expire after the given days."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.this["technical"].rule :
      rule.noncurrent_version_expiration[0].noncurrent_days == 1 if contains(["athena", "logs"], rule.id)
    ])
    error_message = "Expired query results and logs remain stored as noncurrent versions."
  }

  assert {
    condition = alltrue(flatten([
      for configuration in aws_s3_bucket_lifecycle_configuration.this : [
        for rule in configuration.rule : [
          rule.noncurrent_version_expiration[0].noncurrent_days == 7,
          rule.expiration[0].expired_object_delete_marker,
        ] if rule.id == "old_versions"
      ]
    ]))
    error_message = "Old versions are not kept for 7 days, or delete markers remain."
  }

  assert {
    condition = (
      one(values(aws_cloudwatch_log_group.failsafe)).retention_in_days == 90
      && output.domain_object.log_retention_days == 90
    )
    error_message = "log_days does not apply to the failsafe and to pipelines."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this["data"].rule :
      rule.id if length(rule.expiration) > 0 && !try(rule.expiration[0].expired_object_delete_marker, false)
    ] == []
    error_message = "Files of tables expire."
  }

  assert {
    condition     = one(one(values(aws_s3_bucket_intelligent_tiering_configuration.archive)).tiering).days == 180
    error_message = "Objects are not archived after the given days."
  }
}

run "each_layer_has_a_database_and_grants" {
  command = plan

  variables {
    data_steward_arns = ["arn:aws:iam::111122223333:role/data_steward"]
    layers            = { raw = {} }
  }

  assert {
    condition = (
      aws_glue_catalog_database.layer["raw"].name == "dev_sales_raw"
      && aws_glue_catalog_database.layer["raw"].location_uri == "s3://shop-sales-dev-data/sales_raw"
    )
    error_message = "The location of a layer differs from that of the SDK."
  }

  assert {
    condition = (
      length(aws_lakeformation_permissions.steward_tables) == 2
      && length(aws_lakeformation_permissions.steward_database) == 2
      && length(aws_lakeformation_permissions.steward_location) == 1
    )
    error_message = "A data steward has no grant on a layer."
  }

  assert {
    condition = alltrue([
      for grant in concat(
        values(aws_lakeformation_permissions.steward_tables),
        values(aws_lakeformation_permissions.steward_database),
      ) :
      !contains(grant.permissions, "ALL") && !contains(grant.permissions, "DROP")
    ])
    error_message = "A grant contains ALL or the complete set of permissions, which causes a change in every plan."
  }
}

run "with_only_iam_access_control_databases_have_no_grants_of_their_own" {
  command = plan

  variables {
    data_steward_arns                    = ["arn:aws:iam::111122223333:role/data_steward"]
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    enable_emr_studio                    = true
    lake_formation_account = {
      administrators              = ["arn:aws:iam::111122223333:role/platform"]
      use_only_iam_access_control = true
    }
  }

  assert {
    condition = (
      length(aws_lakeformation_permissions.steward_database) == 0
      && length(aws_lakeformation_permissions.notebooks_database) == 0
      && length(aws_lakeformation_permissions.notebooks_tables) == 1
      && length(aws_lakeformation_permissions.steward_tables) == 1
      && output.domain_object.use_only_iam_access_control
    )
    error_message = "A grant on a database would change in every plan."
  }
}

run "the_settings_of_the_account_are_read" {
  command = plan

  override_data {
    target = data.aws_lakeformation_data_lake_settings.account
    values = {
      admins                              = ["arn:aws:iam::111122223333:role/platform"]
      create_database_default_permissions = [{ permissions = ["ALL"], principal = "IAM_ALLOWED_PRINCIPALS" }]
    }
  }

  assert {
    condition     = output.domain_object.use_only_iam_access_control
    error_message = "The default for new databases is ignored."
  }
}

run "administrators_and_the_applying_identity_are_skipped_in_the_alias" {
  command = plan

  variables {
    datalake_admin_principal_arns = [
      "arn:aws:iam::111122223333:role/teams/platform",
      "arn:aws:iam::111122223333:role/data_steward",
      "arn:aws:iam::111122223333:role/administrator",
    ]
    lake_formation_account = {
      administrators              = ["arn:aws:iam::111122223333:role/administrator"]
      use_only_iam_access_control = false
    }
  }

  assert {
    condition = toset([
      for grant in aws_lakeformation_permissions.steward_database : grant.principal
    ]) == toset(["arn:aws:iam::111122223333:role/data_steward"])
    error_message = "A grant would change in every plan."
  }

  expect_failures = [check.lake_formation_admin]
}

run "administrators_are_rejected_as_data_stewards" {
  command = plan

  variables {
    data_steward_arns = ["arn:aws:iam::111122223333:role/administrator"]
    lake_formation_account = {
      administrators = [
        "arn:aws:iam::111122223333:role/administrator",
        "arn:aws:iam::111122223333:role/platform",
      ]
      use_only_iam_access_control = false
    }
  }

  expect_failures = [var.data_steward_arns]
}

run "the_applying_identity_is_rejected_as_data_steward" {
  command = plan

  variables {
    data_steward_arns = ["arn:aws:iam::111122223333:role/elsewhere/platform"]
  }

  expect_failures = [var.data_steward_arns]
}

run "production_databases_have_no_prefix" {
  command = plan

  variables {
    stage_name = "prod"
    layers     = { raw = {}, events = { database = "web_events" } }
  }

  assert {
    condition = {
      for name, layer in output.domain_object.layers : name => layer.database
    } == { domain = "sales", raw = "sales_raw", events = "web_events" }
    error_message = "The databases are ${jsonencode(output.domain_object.layers)}."
  }

  assert {
    condition     = aws_glue_catalog_database.layer["raw"].location_uri == "s3://shop-sales-prod-data/sales_raw"
    error_message = "The location of a layer differs from that of the SDK."
  }
}

run "an_identity_that_is_not_a_lake_formation_administrator_causes_a_warning" {
  command = plan

  override_data {
    target = data.aws_lakeformation_data_lake_settings.account
    values = { admins = ["arn:aws:iam::111122223333:role/someone_else"] }
  }

  expect_failures = [check.lake_formation_admin]
}

run "disabled_features_create_no_resources" {
  command = plan

  variables {
    data_steward_arns     = ["arn:aws:iam::111122223333:role/data_steward"]
    enable_lake_formation = false
    enable_failsafe       = false
  }

  assert {
    condition = (
      length(aws_lakeformation_resource.data) == 0
      && length(aws_lakeformation_permissions.steward_tables) == 0
      && length(aws_iam_role.lake_formation) == 0
    )
    error_message = "Lake Formation resources exist."
  }

  assert {
    condition = (
      length(aws_lambda_function.failsafe) == 0
      && length(aws_cloudwatch_event_rule.failsafe) == 0
      && length(aws_iam_role.failsafe) == 0
      && !output.domain_object.failsafe_enabled
    )
    error_message = "Resources of the failsafe exist."
  }
}

run "bedrock_profiles_have_the_models_of_the_domain_and_enable_llm_takes_precedence" {
  command = plan

  variables {
    bedrock_model_ids       = { small = "amazon.nova-lite-v1:0", large = "eu.amazon.nova-pro-v1:0" }
    enable_llm              = true
    enable_bedrock_profiles = false
  }

  assert {
    condition = {
      for size, profile in aws_bedrock_inference_profile.this : profile.name => one(profile.model_source).copy_from
      } == {
      shop_sales_dev_small = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"
      shop_sales_dev_medium = join("/", [
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile", "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
      ])
      shop_sales_dev_large = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0"
    }
    error_message = "The profiles have other models."
  }

  assert {
    condition     = keys(aws_bedrock_inference_profile.this) == ["large", "medium", "small"]
    error_message = "The profiles are ${join(", ", keys(aws_bedrock_inference_profile.this))}."
  }
}

run "spark_is_optional" {
  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
  }

  assert {
    condition = (
      output.domain_object.emr_serverless.release_label == "emr-spark-8.0.0"
      && output.domain_object.base_images.emr == "public.ecr.aws/emr-serverless/spark/emr-spark-8.0.0:latest"
    )
    error_message = "Spark has another release or base image."
  }

  assert {
    condition     = output.domain_object.emr_serverless.maximum_capacity == { cpu = "400 vCPU", memory = "3000 GB" }
    error_message = "Pipelines do not receive the maximum capacity of an application."
  }

  assert {
    condition = one(
      values(aws_emrserverless_application.this)
    ).image_configuration[0].image_uri == "registry/shop_sales_dev_emr_sandbox:1"
    error_message = "The application does not use the sandbox image."
  }

  assert {
    condition = one(values(aws_lambda_function.failsafe)).environment[0].variables.EMR_APPLICATION_ID == one(
      values(aws_emrserverless_application.this)
    ).id
    error_message = "The failsafe does not have the ID of the application."
  }
}

run "branch_names_are_normalized_to_stages_and_enable_llm_turns_the_profiles_off" {
  command = plan

  variables {
    stage_name = "feature-orders"
    enable_llm = false
  }

  assert {
    condition = (
      local.layers.domain.database == "feature_orders_sales"
      && aws_s3_bucket.this["data"].bucket == "shop-sales-feature-orders-data"
      && aws_athena_workgroup.this.name == "shop_sales_feature_orders"
    )
    error_message = join(" ", [
      "The names are ${local.layers.domain.database}, ${aws_s3_bucket.this["data"].bucket} and",
      "${aws_athena_workgroup.this.name}.",
    ])
  }

  assert {
    condition     = length(aws_bedrock_inference_profile.this) == 0
    error_message = "The profiles are ${join(", ", keys(aws_bedrock_inference_profile.this))}."
  }
}

run "every_role_has_the_path_and_the_boundary" {
  command = plan

  variables {
    permissions_boundary_arn             = "arn:aws:iam::111122223333:policy/boundary"
    role_path                            = "/datalake/"
    datalfred_user_arns                  = ["arn:aws:iam::111122223333:role/analyst"]
    enable_redshift_copy_role            = true
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    enable_emr_studio                    = true
  }

  assert {
    condition = toset([
      for role in concat(
        values(aws_iam_role.datalfred),
        values(aws_iam_role.emr_studio),
        values(aws_iam_role.failsafe),
        values(aws_iam_role.lake_formation),
        values(aws_iam_role.notebooks),
        values(aws_iam_role.redshift_copy),
      ) : [role.path, role.permissions_boundary]
    ]) == toset([["/datalake/", "arn:aws:iam::111122223333:policy/boundary"]])
    error_message = "A role has another path or boundary."
  }

  assert {
    condition = (
      output.domain_object.role_path == "/datalake/"
      && output.domain_object.permissions_boundary_arn == "arn:aws:iam::111122223333:policy/boundary"
    )
    error_message = "The roles of pipelines have another path or boundary."
  }
}

run "emr_studio_has_a_runtime_role_a_user_policy_and_at_most_five_subnets" {
  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    enable_emr_studio                    = true
    network = {
      given = { vpc_id = "vpc-1", subnet_ids = [for number in range(6) : "subnet-${number}"] }
    }
  }

  assert {
    condition     = length(one(values(aws_emr_studio.this)).subnet_ids) == 5
    error_message = "EMR Studio accepts at most five subnets."
  }

  assert {
    condition = length(one(
      one(values(aws_emrserverless_application.this)).network_configuration
    ).subnet_ids) == 6
    error_message = "The application does not use all subnets."
  }

  assert {
    condition = (
      keys(aws_iam_role.notebooks) == ["shop_sales_dev_notebooks"]
      && length(aws_lakeformation_permissions.notebooks_tables) == 1
      && alltrue([
        for grant in aws_lakeformation_permissions.notebooks_tables :
        toset(grant.permissions) == toset(["DESCRIBE", "SELECT"])
      ])
    )
    error_message = "Notebooks have no role, or other grants than for reading."
  }

  assert {
    condition     = output.emr_studio_user_policy_arn != null
    error_message = "EMR Studio has no policy for its users."
  }
}

run "a_multi_region_key_does_not_encrypt_the_storage_of_tasks" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }

  assert {
    condition     = length(aws_ecs_cluster.this.configuration) == 0
    error_message = "Fargate does not support multi-Region keys."
  }
}

run "events_that_do_not_reach_the_failsafe_are_kept" {
  command = plan

  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.failsafe : length(target.dead_letter_config) == 1
      ]) && alltrue([
      for queue in aws_sqs_queue.undelivered :
      queue.message_retention_seconds == 14 * 86400 && queue.sqs_managed_sse_enabled
    ])
    error_message = "A rule has no dead-letter queue, or its events are not kept for 14 days."
  }
}

run "bucket_names_over_the_limit_are_rejected" {
  command = plan

  variables {
    domain_name         = "sales_of_all_countries_and_regions_of_the_world"
    enable_codeartifact = false
  }

  expect_failures = [aws_s3_bucket.this]
}
