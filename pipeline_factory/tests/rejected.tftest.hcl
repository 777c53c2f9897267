# Rejected values: one run for each rule.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "a_missing_template" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/missing.asl.json"
  }

  expect_failures = [var.orchestration_configuration_template_file_path]
}

run "an_invalid_email_address_and_run_for_each" {
  command = plan

  variables {
    failure_notification_receivers = ["orders.example.com"]
    run_for_each                   = "tables"
  }

  expect_failures = [var.failure_notification_receivers, var.run_for_each]
}

run "an_unknown_attribute_of_a_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "tests/fixture/load", input_table = ["orders.raw"] } }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_unknown_attribute_of_infra_config" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "tests/fixture/load", infra_config = { memory_mb = 2048 } } }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_unknown_attribute_of_an_output_table" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "tests/fixture/load", output_tables = { "orders.raw" = { partition_key = ["day"] } } }
    }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_unknown_attribute_of_a_permission" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path                   = "tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = ["*"], condition = "x" } }
      }
    }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_unknown_attribute_of_the_trigger" {
  command = plan

  variables {
    trigger = { type = "schedule", schedule = "rate(1 hour)", timezone = "Europe/Paris" }
  }

  expect_failures = [var.trigger]
}

run "tasks_that_are_not_a_map" {
  command = plan

  variables {
    tasks_configuration = [{ path = "tests/fixture/load" }]
  }

  expect_failures = [var.tasks_configuration]
}

run "a_task_that_is_not_an_object" {
  command = plan

  variables {
    tasks_configuration = { load = "tests/fixture/load" }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_output_table_that_is_not_an_object" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "tests/fixture/load", output_tables = { "orders.raw" = null } } }
  }

  expect_failures = [var.tasks_configuration]
}

run "a_permission_that_is_not_an_object" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "tests/fixture/load", additional_permissions = { actions = ["s3:GetObject"], resources = ["*"] } }
    }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_invalid_number_of_a_task" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "tests/fixture/load", timeout_minutes = "1h" } }
  }

  expect_failures = [var.tasks_configuration]
}

run "an_invalid_number_of_infra_config" {
  command = plan

  variables {
    tasks_configuration = { load = { path = "tests/fixture/load", infra_config = { cpu = "half" } } }
  }

  expect_failures = [var.tasks_configuration]
}

run "a_trigger_that_is_not_an_object" {
  command = plan

  variables {
    trigger = "none"
  }

  expect_failures = [var.trigger]
}

run "an_invalid_number_of_the_trigger" {
  command = plan

  variables {
    trigger = { type = "s3", bucket = "inbox", batch_window_seconds = "1m" }
  }

  expect_failures = [var.trigger]
}

run "an_invalid_start_disabled" {
  command = plan

  variables {
    trigger = { type = "s3", bucket = "inbox", start_disabled = "yes" }
  }

  expect_failures = [var.trigger]
}

run "an_unknown_attribute_of_a_named_trigger" {
  command = plan

  variables {
    triggers = { nightly = { type = "schedule", schedule = "rate(1 hour)", timezone = "Europe/Paris" } }
  }

  expect_failures = [var.triggers]
}

run "triggers_that_are_not_a_map" {
  command = plan

  variables {
    triggers = "nightly"
  }

  expect_failures = [var.triggers]
}

run "a_trigger_and_the_trigger_this" {
  command = plan

  variables {
    trigger  = { type = "schedule", schedule = "rate(1 hour)" }
    triggers = { this = { type = "schedule", schedule = "rate(1 day)" } }
  }

  expect_failures = [var.triggers]
}

run "an_invalid_domain_object" {
  command = plan

  variables {
    domain_object = "shop_sales_dev"
  }

  expect_failures = [var.domain_object]
}

run "a_description_over_the_limit_of_glue" {
  command = plan

  variables {
    database_description = format("%2049s", "x")
  }

  expect_failures = [var.database_description]
}

run "unknown_attributes_are_reported_with_the_closest_valid_one" {
  command = plan

  assert {
    condition = alltrue([
      for unknown, closest in {
        input_table  = "input_tables"
        parameters   = "additional_parameters"
        paht         = "path"
        permissions  = "additional_permissions"
        time_minutes = "timeout_minutes"
      } :
      startswith(
        templatefile(local.attribute_errors, {
          schema = local.attributes
          value  = { tasks_configuration = { load = { path = "tasks/load", (unknown) = null } } }
        }),
        join(" ", [
          "tasks_configuration.load has no attribute '${unknown}'; did you mean '${closest}'?",
          "Valid attributes: additional_parameters, ",
        ]),
      )
    ])
    error_message = "Another attribute is suggested."
  }
}

run "attribute_errors_contain_path_value_and_valid_values" {
  command = plan

  assert {
    condition = templatefile(local.attribute_errors, {
      schema = {
        "jobs.*"          = { number = ["cpu", "retries", "memory"], other = ["tables", "size"] }
        "jobs.*.tables.*" = { other = ["b", "a"] }
        "jobs.*.size"     = { bool = ["large"] }
      }
      value = {
        jobs = {
          load  = { cpu = "half", memory = "512", retries = null, size = { large = [1] } }
          query = { tables = { "sales.orders" = null, raw = { xyz = 1 } }, size = null }
          text  = "load"
        }
      }
      }) == join("", [
      "jobs.load.cpu is 'half'; it must be a number.\n",
      "jobs.text must be an object. Valid attributes: cpu, memory, retries, size, tables.\n",
      "jobs.load.size.large is '[1]'; it must be true or false.\n",
      "jobs.query.tables.raw has no attribute 'xyz'. Valid attributes: a, b.\n",
      "jobs.query.tables[\"sales.orders\"] must be an object. Valid attributes: a, b.\n",
    ])
    error_message = "The messages are different."
  }
}

run "an_unknown_threshold_is_rejected" {
  command = plan

  variables {
    alarms = { execution_minute = 1440 }
  }

  expect_failures = [var.alarms]
}

run "a_threshold_that_is_not_a_number_is_rejected" {
  command = plan

  variables {
    alarms = { execution_minutes = "2h" }
  }

  expect_failures = [var.alarms]
}

run "an_empty_role_to_assume_arn_is_rejected" {
  command = plan

  variables {
    role_to_assume_arn = ""
  }

  expect_failures = [var.role_to_assume_arn]
}
