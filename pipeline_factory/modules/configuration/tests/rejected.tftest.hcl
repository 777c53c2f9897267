# Rejected values: one run for each rule.

run "a_pipeline_name_that_ecr_does_not_accept" {
  command = plan

  variables {
    pipeline_name = "orders__daily"
  }

  expect_failures = [var.pipeline_name]
}

run "a_pipeline_name_over_the_limit_of_step_functions" {
  command = plan

  variables {
    pipeline_name = "orders_of_all_countries_and_regions_of_the_world_and_of_the_moon_too"
  }

  expect_failures = [var.pipeline_name]
}

run "a_pipeline_name_equal_to_a_database_of_the_domain" {
  command = plan

  variables {
    pipeline_name = "sales"
  }

  expect_failures = [var.pipeline_name]
}

run "no_task" {
  command = plan

  variables {
    tasks_configuration = {}
  }

  expect_failures = [output.tasks]
}

run "a_secret_with_the_name_of_another_variable" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path    = "../../tests/fixture/load"
        secrets = { TASK_NAME = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:api-AbCdEf" }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_secret_without_its_complete_arn" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", secrets = { API_TOKEN = "shop/api" } } }
  }

  expect_failures = [output.tasks]
}

run "a_task_name_with_a_capital_letter" {
  command = plan

  variables {
    tasks_configuration = { Load = { path = "../../tests/fixture/load" } }
  }

  expect_failures = [output.tasks]
}

run "a_task_name_that_collides_with_a_role_of_the_domain" {
  command = plan

  variables {
    pipeline_name       = "lake"
    tasks_configuration = { formation = { path = "../../tests/fixture/load" } }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_type" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", type = "scala" } }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_infrastructure" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_type = "Batch" } }
  }

  expect_failures = [output.tasks]
}

run "a_python_task_without_main_py" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/report" } }
  }

  expect_failures = [output.tasks]
}

run "a_sql_task_without_main_sql" {
  command = plan

  variables {
    tasks_configuration = {
      report = { path = "../../tests/fixture/load", type = "sql", output_tables = { "orders.report" = {} } }
    }
  }

  expect_failures = [output.tasks]
}

run "a_task_without_requirements" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/bare" } }
  }

  expect_failures = [output.tasks]
}

run "requirements_that_refer_to_files" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/references" } }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_architecture" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_config = { architecture = "RISC" } } }
  }

  expect_failures = [output.tasks]
}

run "a_cpu_that_fargate_does_not_support" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_config = { cpu = 300 } } }
  }

  expect_failures = [output.tasks]
}

run "a_memory_that_fargate_does_not_support_for_this_cpu" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_config = { cpu = 512, memory = 8192 } } }
  }

  expect_failures = [output.tasks]
}

run "an_ephemeral_storage_below_the_minimum" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_config = { ephemeral_storage = 20 } } }
  }

  expect_failures = [output.tasks]
}

run "a_setting_that_does_not_belong_to_spark" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path         = "../../tests/fixture/enrich"
        infra_type   = "EMRServerless"
        infra_config = { spark_configuration = { memory = "8g" } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_table_without_database" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", input_tables = ["orders"] } }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_ingestion_mode" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", output_tables = { "orders.raw" = { ingestion_mode = "merge" } } }
    }
  }

  expect_failures = [output.tasks]
}

run "an_upsert_without_keys" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", output_tables = { "orders.raw" = { ingestion_mode = "upsert" } } }
    }
  }

  expect_failures = [output.tasks]
}

run "a_sql_task_with_two_output_tables" {
  command = plan

  variables {
    tasks_configuration = {
      report = {
        path          = "../../tests/fixture/report"
        type          = "sql"
        output_tables = { "orders.a" = {}, "orders.b" = {} }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "two_tasks_that_overwrite_the_same_table" {
  command = plan

  variables {
    tasks_configuration = {
      first = {
        path          = "../../tests/fixture/load"
        output_tables = { "orders.raw" = { ingestion_mode = "overwrite" } }
      }
      second = {
        path          = "../../tests/fixture/load"
        output_tables = { "orders.raw" = { ingestion_mode = "overwrite" } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "after_with_an_unknown_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", after = ["extract"] } }
  }

  expect_failures = [output.tasks]
}

run "a_timeout_above_the_maximum_task_age" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", timeout_minutes = 721 } }
  }

  expect_failures = [output.tasks]
}

run "more_than_200_tasks" {
  command = plan

  variables {
    tasks_configuration = { for index in range(201) : "load_${index}" => { path = "../../tests/fixture/load" } }
  }

  expect_failures = [output.tasks]
}

run "a_heartbeat_below_the_minimum" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", heartbeat_seconds = 30 } }
  }

  expect_failures = [output.tasks]
}

run "too_many_retries" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", retries = 11 } }
  }

  expect_failures = [output.tasks]
}

run "an_invalid_parameter_name" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", additional_parameters = { "max-age" = "3" } } }
  }

  expect_failures = [output.tasks]
}

run "a_parameter_path_that_is_not_a_path" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", additional_parameters = { "key.$" = "detail.key" } }
    }
  }

  expect_failures = [output.tasks]
}

run "an_intrinsic_function_for_spark" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path                  = "../../tests/fixture/enrich"
        infra_type            = "EMRServerless"
        additional_parameters = { "id.$" = "States.UUID()" }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_permission_for_all_actions" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { all = { actions = ["*"], resources = ["*"] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_permission_on_an_invalid_arn" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = ["inbox/*"] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_trigger" {
  command = plan

  variables {
    triggers = { this = { type = "cron" } }
  }

  expect_failures = [output.triggers]
}

run "a_schedule_without_an_expression" {
  command = plan

  variables {
    triggers = { this = { type = "schedule" } }
  }

  expect_failures = [output.triggers]
}

run "a_cron_expression_with_five_fields" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "cron(0 6 * * ?)" } }
  }

  expect_failures = [output.triggers]
}

run "a_cron_expression_with_day_of_month_and_day_of_week" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "cron(0 6 1 * MON *)" } }
  }

  expect_failures = [output.triggers]
}

run "a_time_outside_of_the_calendar" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "at(2026-13-45T06:00:00)" } }
  }

  expect_failures = [output.triggers]
}

run "an_invalid_time_zone" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "rate(1 hour)", time_zone = "UTC + 1" } }
  }

  expect_failures = [output.triggers]
}

run "an_s3_trigger_without_a_bucket" {
  command = plan

  variables {
    triggers = { this = { type = "s3" } }
  }

  expect_failures = [output.triggers]
}

run "a_prefix_with_a_wildcard" {
  command = plan

  variables {
    triggers = { this = { type = "s3", bucket = "inbox", prefix = "orders/*" } }
  }

  expect_failures = [output.triggers]
}

run "a_batch_window_above_the_maximum" {
  command = plan

  variables {
    triggers = { this = { type = "s3", bucket = "inbox", batch_window_seconds = 301 } }
  }

  expect_failures = [output.triggers]
}

run "a_batch_size_below_one" {
  command = plan

  variables {
    triggers = { this = { type = "s3", bucket = "inbox", batch_window_seconds = 60, batch_size = 0 } }
  }

  expect_failures = [output.triggers]
}

run "an_event_trigger_without_a_pattern" {
  command = plan

  variables {
    triggers = { this = { type = "event" } }
  }

  expect_failures = [output.triggers]
}

run "an_event_pattern_that_is_not_json" {
  command = plan

  variables {
    triggers = { this = { type = "event", event_pattern = "source = shop" } }
  }

  expect_failures = [output.triggers]
}

run "trigger_parameters_that_are_not_an_object" {
  command = plan

  variables {
    triggers = { this = { parameters = "[1, 2]" } }
  }

  expect_failures = [output.triggers]
}

run "spark_in_a_domain_without_emr_serverless" {
  command = plan

  variables {
    domain              = merge(var.domain, { emr_serverless = null })
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_type = "EMRServerless" } }
  }

  expect_failures = [output.tasks]
}

run "a_spark_attribute_on_ecs" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", infra_config = { spark_executor_cores = 4 } } }
  }

  expect_failures = [output.tasks]
}

run "an_ecs_attribute_on_emr_serverless" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", infra_type = "EMRServerless", infra_config = { cpu = 1024 } }
    }
  }

  expect_failures = [output.tasks]
}

run "the_same_spark_setting_twice" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { spark_executor_cores = 4, spark_configuration = { "spark.executor.cores" = "8" } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_number_of_cores_that_emr_serverless_does_not_support" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { spark_driver_cores = 3 }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "an_invalid_spark_memory" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { spark_driver_memory = "much" }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_maximum_capacity_of_cpu_without_memory" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { maximum_capacity_cpu = 16 }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "an_invalid_maximum_capacity" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { maximum_capacity_cpu = "16 cores", maximum_capacity_memory = "64 GB" }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "an_idle_timeout_that_emr_serverless_does_not_support" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { idle_timeout_minutes = 0 }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "two_timeouts" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path            = "../../tests/fixture/load"
        infra_type      = "EMRServerless"
        timeout_minutes = 30
        infra_config    = { job_timeout_minutes = 60 }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_heartbeat_as_long_as_the_timeout" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", timeout_minutes = 10, heartbeat_seconds = 600 }
    }
  }

  expect_failures = [output.tasks]
}

run "an_invalid_additional_policy" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", additional_policy = "s3:GetObject" } }
  }

  expect_failures = [output.tasks]
}

run "an_argument_with_trigger_type_none" {
  command = plan

  variables {
    triggers = { this = { type = "none", argument = "cron(0 6 * * ? *)" } }
  }

  expect_failures = [output.triggers]
}

run "two_schedules" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "rate(1 hour)", argument = "rate(2 hours)" } }
  }

  expect_failures = [output.triggers]
}

run "start_disabled_with_trigger_type_none" {
  command = plan

  variables {
    triggers = { this = { start_disabled = true } }
  }

  expect_failures = [output.triggers]
}

run "a_prefix_with_another_trigger_type" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "rate(1 hour)", prefix = "in/" } }
  }

  expect_failures = [output.triggers]
}

run "a_time_zone_with_another_trigger_type" {
  command = plan

  variables {
    triggers = { this = { type = "s3", bucket = "inbox", time_zone = "Europe/Paris" } }
  }

  expect_failures = [output.triggers]
}

run "a_batch_size_without_a_window" {
  command = plan

  variables {
    triggers = { this = { type = "s3", bucket = "inbox", batch_size = 5 } }
  }

  expect_failures = [output.triggers]
}

run "a_task_without_a_path" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path = null
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_input_table" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        input_tables = ["orders.raw", null]
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_element_of_after" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path  = "../../tests/fixture/load"
        after = [null]
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_parameter" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                  = "../../tests/fixture/load"
        additional_parameters = { bucket = null }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_upsert_key" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "../../tests/fixture/load"
        output_tables = { "orders.raw" = { ingestion_mode = "upsert", upsert_keys = [null] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_partition_key" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "../../tests/fixture/load"
        output_tables = { "orders.raw" = { partition_keys = ["day", null] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_permission_without_actions" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { inbox = { actions = null, resources = ["*"] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_permission_without_resources" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = null } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_action" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject", null], resources = ["*"] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_null_resource" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "../../tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = [null] } }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "an_input_path_without_scheme" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", input_paths = ["inbox/orders/"] } }
  }

  expect_failures = [output.tasks]
}

run "an_input_path_with_a_wildcard" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", input_paths = ["s3://inbox/orders/*.csv"] } }
  }

  expect_failures = [output.tasks]
}

run "an_input_path_with_an_invalid_bucket" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", input_paths = ["s3://Inbox/orders/"] } }
  }

  expect_failures = [output.tasks]
}

run "an_input_path_without_a_key" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", input_paths = ["s3://inbox"] } }
  }

  expect_failures = [output.tasks]
}

run "an_output_path_with_a_policy_variable" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", output_paths = ["s3://outbox/$${aws:username}/"] }
    }
  }

  expect_failures = [output.tasks]
}

run "a_trigger_name_with_a_capital_letter" {
  command = plan

  variables {
    triggers = { Nightly = { type = "schedule", schedule = "rate(1 day)" } }
  }

  expect_failures = [output.triggers]
}

run "a_trigger_named_like_the_queue_of_notifications" {
  command = plan

  variables {
    triggers = { notifications = { type = "schedule", schedule = "rate(1 day)" } }
  }

  expect_failures = [output.triggers]
}

run "a_named_trigger_without_a_type" {
  command = plan

  variables {
    triggers = { nightly = {} }
  }

  expect_failures = [output.triggers]
}

run "violations_name_the_trigger" {
  command = plan

  variables {
    triggers = {
      this    = { type = "schedule", schedule = "daily" }
      nightly = { type = "schedule", schedule = "at night" }
    }
  }

  assert {
    condition = [for message in local.trigger_schedule_errors : split(";", message)[0]] == [
      "trigger.schedule is 'daily'", "triggers.nightly.schedule is 'at night'",
    ]
    error_message = "The messages are ${jsonencode(local.trigger_schedule_errors)}."
  }

  expect_failures = [output.triggers]
}

run "violations_of_paths_name_attribute_and_value" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", input_paths = ["inbox"], output_paths = ["s3://outbox/a?.csv"] }
    }
  }

  assert {
    condition = [for message in local.path_errors : split(";", message)[0]] == [
      "tasks_configuration.load.input_paths has 'inbox'",
      "tasks_configuration.load.output_paths has 's3://outbox/a?.csv'",
    ]
    error_message = "The messages are ${jsonencode(local.path_errors)}."
  }

  expect_failures = [output.tasks]
}

run "violations_of_redshift_name_attribute_and_value" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", redshift = {} }
      copy = {
        path = "../../tests/fixture/load"
        redshift = {
          workgroup     = "analytics"
          cluster       = "1-c"
          db_user       = "ana"
          secret_arn    = "secret"
          copy_role_arn = "role"
        }
      }
    }
  }

  assert {
    condition = [for message in local.redshift_errors : split(";", message)[0]] == [
      "tasks_configuration.copy.redshift must have either workgroup or cluster.",
      "tasks_configuration.copy.redshift.cluster is '1-c'",
      "tasks_configuration.copy.redshift.copy_role_arn is 'role'",
      "tasks_configuration.copy.redshift.secret_arn is 'secret'",
      "tasks_configuration.copy.redshift.workgroup is 'analytics'",
      "tasks_configuration.copy.redshift.db_user is 'ana'",
      "tasks_configuration.load.redshift must have either workgroup or cluster.",
    ]
    error_message = "The messages are ${jsonencode(local.redshift_errors)}."
  }

  expect_failures = [output.tasks]
}

run "a_threshold_of_zero" {
  command = plan

  variables {
    alarms = { failed_executions = 0 }
  }

  expect_failures = [output.alarms]
}

run "an_execution_age_that_the_failsafe_cannot_measure" {
  command = plan

  variables {
    alarms = { execution_minutes = 4 }
  }

  expect_failures = [output.alarms]
}

run "a_queue_age_without_a_queue" {
  command = plan

  variables {
    alarms = { queue_age_minutes = 30 }
  }

  expect_failures = [output.alarms]
}

run "an_execution_age_without_a_failsafe" {
  command = plan

  variables {
    alarms = { execution_minutes = 30 }
    domain = {
      environment          = "shop_sales_dev"
      database_prefix      = "dev_"
      layers               = { domain = { database = "dev_sales" } }
      max_task_age_minutes = 720
      failsafe_enabled     = false
      alarms = {
        enabled               = true
        failed_executions     = 3
        execution_minutes     = 360
        queue_age_minutes     = 60
        throttled_transitions = 10
      }
    }
  }

  expect_failures = [output.alarms]
}

run "alarms_in_a_domain_of_an_earlier_version" {
  command = plan

  variables {
    alarms = { failed_executions = 5 }
    domain = {
      environment          = "shop_sales_dev"
      database_prefix      = "dev_"
      layers               = { domain = { database = "dev_sales" } }
      max_task_age_minutes = 720
    }
  }

  expect_failures = [output.alarms]
}

run "spot_capacity_on_emr_serverless" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        infra_type   = "EMRServerless"
        infra_config = { use_spot = true }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "a_url_instead_of_the_name_of_a_triggers_bucket" {
  command = plan

  variables {
    triggers = { files = { type = "s3", bucket = "s3://inbox/orders/" } }
  }

  expect_failures = [output.triggers]
}

run "a_parameter_that_the_trigger_sets_itself" {
  command = plan

  variables {
    triggers = { nightly = { type = "schedule", schedule = "rate(1 day)", parameters = "{\"time\": \"now\"}" } }
  }

  expect_failures = [output.triggers]
}

run "a_condition_on_an_unknown_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", when = "$exists($extract.skipped)" } }
  }

  expect_failures = [output.tasks]
}

run "a_loop_over_nothing" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", for_each = {} } }
  }

  expect_failures = [output.tasks]
}

run "items_with_different_keys" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", for_each = { items = "[{\"region\": \"eu\"}, \"us\"]" } }
    }
  }

  expect_failures = [output.tasks]
}

run "an_unknown_catching_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", catch = "cleanup" } }
  }

  expect_failures = [output.tasks]
}

run "an_intrinsic_function_in_a_loop" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                  = "../../tests/fixture/load"
        for_each              = { input = "$.files" }
        additional_parameters = { "id.$" = "States.UUID()" }
      }
    }
  }

  expect_failures = [output.tasks]
}

run "limits_of_lambda" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "../../tests/fixture/load", infra_type = "Lambda", infra_config = { memory = 10241 } }
    }
  }

  expect_failures = [output.tasks]
}

run "an_expansion_of_a_python_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "../../tests/fixture/load", expand = "models" } }
  }

  expect_failures = [output.tasks]
}

run "a_model_with_the_name_of_another_task" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "../../tests/fixture/dbt_shop"
        type          = "dbt"
        expand        = "models"
        input_tables  = ["crm_raw.contacts"]
        output_tables = { "sales.*" = {} }
      }
      load_fct_days = { path = "../../tests/fixture/load" }
    }
  }

  expect_failures = [output.tasks]
}
