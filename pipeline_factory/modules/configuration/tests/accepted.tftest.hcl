# Accepted values, in all their forms.

run "names_must_be_valid_for_every_service" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["a", "orders", "orders_2", "daily_orders_eu"] : can(regex(local.name_pattern, name))
    ])
    error_message = "A valid name is rejected."
  }

  assert {
    condition = !anytrue([
      for name in ["", "2_orders", "_orders", "orders_", "orders__daily", "daily-orders", "Orders", "orders.daily"] :
      can(regex(local.name_pattern, name))
    ])
    error_message = "A name that ECR does not accept is valid."
  }
}

run "every_kind_of_schedule_is_accepted" {
  command = plan

  variables {
    triggers = { this = { type = "schedule", schedule = "cron(0/15 8-18,22 L * ? 2026-2030)" } }
  }

  assert {
    condition = alltrue([for schedule in [
      "cron(0 6 * * ? *)", "cron(0 0 1W JAN,JUL ? *)", "cron(0 18 ? * 6L *)", "cron(0 8 ? 1-3 FRI#2 *)",
      "rate(1 hour)", "rate(5 minutes)",
      "at(2026-03-01T06:00:00)",
    ] : can(regex(local.schedule_pattern, schedule))])
    error_message = "A valid schedule is rejected."
  }

  assert {
    condition = !anytrue([for schedule in [
      "cron(0 6 * * ?)", "cron(60 6 * * ? *)", "cron(0 24 * * ? *)", "cron(0 6 32 * ? *)",
      "cron(0 6 * 13 ? *)", "cron(0 6 ? * 8 *)", "cron(0 6 * * ? 1969)",
      "cron(0 6 * * MON", "rate(0 minutes)", "rate(2 hour)", "rate(5 weeks)", "at(2026-03-01)", "every day",
    ] : can(regex(local.schedule_pattern, schedule))])
    error_message = "A schedule that EventBridge does not accept is valid."
  }
}

run "spark_attributes_become_spark_settings" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path       = "../../tests/fixture/load"
        infra_type = "EMRServerless"
        infra_config = {
          spark_executor_cores    = "4"
          spark_executor_memory   = "14G"
          spark_driver_cores      = 2
          spark_driver_memory     = 8
          maximum_capacity_cpu    = "16 vCPU"
          maximum_capacity_memory = 64
          job_timeout_minutes     = "10"
          spark_configuration     = { "spark.sql.shuffle.partitions" = 64 }
        }
      }
    }
  }

  assert {
    condition = jsonencode(output.tasks.load.infra_config.spark_configuration) == jsonencode({
      "spark.driver.cores"           = "2"
      "spark.driver.memory"          = "8g"
      "spark.executor.cores"         = "4"
      "spark.executor.memory"        = "14g"
      "spark.sql.shuffle.partitions" = "64"
    })
    error_message = "The Spark configuration is ${jsonencode(output.tasks.load.infra_config.spark_configuration)}."
  }

  assert {
    condition     = output.tasks.load.infra_config.maximum_capacity == { cpu = "16 vCPU", memory = "64 GB" }
    error_message = "The maximum capacity is ${jsonencode(output.tasks.load.infra_config.maximum_capacity)}."
  }

  assert {
    condition = [output.tasks.load.timeout_minutes, output.tasks.load.heartbeat_seconds] == [10, 599]
    error_message = join(" ", [
      "The timeout is ${output.tasks.load.timeout_minutes} minutes, the heartbeat",
      "${output.tasks.load.heartbeat_seconds} seconds.",
    ])
  }
}

run "the_capacity_of_a_spark_task_is_limited_like_that_of_the_domain" {
  command = plan

  variables {
    domain = merge(var.domain, {
      emr_serverless = { maximum_capacity = { cpu = "400 vCPU", memory = "3000 GB" } }
    })
    tasks_configuration = {
      load   = { path = "../../tests/fixture/load", infra_type = "EMRServerless" }
      report = { path = "../../tests/fixture/load" }
    }
  }

  assert {
    condition     = output.tasks.load.infra_config.maximum_capacity == { cpu = "400 vCPU", memory = "3000 GB" }
    error_message = "The maximum capacity is ${jsonencode(output.tasks.load.infra_config.maximum_capacity)}."
  }
}

run "a_sql_task_does_not_require_requirements" {
  command = plan

  variables {
    tasks_configuration = {
      load   = { path = "../../tests/fixture/load" }
      report = { path = "../../tests/fixture/query", type = "sql", output_tables = { "orders.report" = {} } }
    }
  }

  assert {
    condition = (
      output.tasks.load.requirements == "../../tests/fixture/load/requirements.txt"
      && endswith(output.tasks.report.requirements, "no_requirements.txt")
    )
    error_message = "The requirements are ${output.tasks.load.requirements} and ${output.tasks.report.requirements}."
  }
}

run "the_limits_of_a_task_have_defaults" {
  command = plan

  assert {
    condition = [
      output.tasks.load.timeout_minutes,
      output.tasks.load.heartbeat_seconds,
      output.tasks.load.infra_config.cpu,
      output.tasks.load.infra_config.memory,
    ] == [60, 600, 1024, 2048]
    error_message = "The task has other limits: ${jsonencode(output.tasks.load)}."
  }
}

run "paths_become_patterns_of_objects" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "../../tests/fixture/load"
        input_paths  = ["s3://inbox/orders/", "s3://inbox/rates.csv", "s3://archive/"]
        output_paths = ["s3://outbox/reports/"]
      }
    }
  }

  assert {
    condition = (
      output.tasks.load.readable_objects == toset(["archive/*", "inbox/orders/*", "inbox/rates.csv"])
      && output.tasks.load.writable_objects == toset(["outbox/reports/*"])
    )
    error_message = "The objects are ${jsonencode(output.tasks.load.readable_objects)}."
  }
}

run "a_task_that_takes_the_object_of_a_trigger_reads_the_objects_of_all_triggers" {
  command = plan

  variables {
    tasks_configuration = {
      load   = { path = "../../tests/fixture/load", additional_parameters = { "key.$" = "$.detail.object.key" } }
      each   = { path = "../../tests/fixture/load", for_each = { input = "$" } }
      report = { path = "../../tests/fixture/load", additional_parameters = { "time.$" = "$.time" } }
      dates  = { path = "../../tests/fixture/load", for_each = { input = "$.detail.dates" } }
    }
    triggers = {
      this    = { type = "s3", bucket = "inbox", prefix = "orders/", suffix = ".csv" }
      partner = { type = "s3", bucket = "partner" }
      nightly = { type = "schedule", schedule = "rate(1 day)" }
    }
  }

  assert {
    condition = (
      output.tasks.load.readable_objects == toset(["inbox/orders/*.csv", "partner/*"])
      && output.tasks.each.readable_objects == output.tasks.load.readable_objects
      && length(output.tasks.report.readable_objects) == 0
      && length(output.tasks.dates.readable_objects) == 0
    )
    error_message = "The objects are ${jsonencode({ for name, task in output.tasks : name => task.readable_objects })}."
  }
}

run "a_task_takes_the_object_with_its_key_or_a_value_that_contains_the_key" {
  command = plan

  assert {
    condition = alltrue([for path in [
      "$.detail.object.key", "States.JsonToString($[*].detail.object.key)", "States.JsonToString($[0].detail)",
      "States.Format('s3://{}/{}', $.detail.bucket.name, $.detail.object.key)", "States.JsonToString($.detail)",
      "States.JsonToString($$.Execution.Input)", "$$.Execution.Input.detail.object.key", "States.JsonToString($)",
    ] : can(regex(local.object_path_pattern, path))])
    error_message = "A path contains the key, but is not recognized."
  }

  assert {
    condition = !anytrue([for path in [
      "$.time", "$.detail.object.size", "$.detail.bucket.name", "$$.Execution.Id", "$.fault", "$.detail.folder",
      "$[*].time", "$$.Execution.Input.time", "States.UUID()",
    ] : can(regex(local.object_path_pattern, path))])
    error_message = "A path does not contain the key, but is recognized."
  }
}

run "a_pipeline_has_several_triggers" {
  command = plan

  variables {
    triggers = {
      this    = {}
      nightly = { type = "schedule", schedule = "rate(1 day)" }
      files   = { type = "s3", bucket = "inbox", batch_window_seconds = 60 }
    }
  }

  assert {
    condition     = keys(output.triggers) == ["files", "nightly"]
    error_message = "The triggers are ${jsonencode(output.triggers)}."
  }
}

run "parameters_that_an_item_or_a_failure_sets_are_known" {
  command = plan

  variables {
    tasks_configuration = {
      extract  = { path = "../../tests/fixture/load", for_each = { items = "[\"eu\", 2]" }, catch = "cleanup" }
      load     = { path = "../../tests/fixture/load", for_each = { items = "[{\"region\": \"eu\"}]" } }
      maintain = { path = "../../tests/fixture/load", for_each = { tables = "sales" } }
      cleanup  = { path = "../../tests/fixture/load" }
    }
  }

  assert {
    condition = jsonencode({ for name, task in output.tasks : name => task.set_parameters }) == jsonencode({
      extract  = ["item"]
      load     = ["region"]
      maintain = ["table_name"]
      cleanup  = ["caught_cause", "caught_error", "caught_task"]
    })
    error_message = join(" ", [
      "The parameters are",
      "${jsonencode({ for name, task in output.tasks : name => task.set_parameters })}.",
    ])
  }
}
