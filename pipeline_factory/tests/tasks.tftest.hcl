# The resources of a task: environment variables, task definition, application, log.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  parameters = { factor = "2", "key.$" = "$.detail.object.key" }
}

run "names_match_the_golden_cases" {
  command = plan

  assert {
    condition = alltrue([
      for name in [aws_sfn_state_machine.this.name, output.task_role_names.load, output.task_log_group_names.load] :
      contains(jsondecode(file("../test/contract/naming_cases.json"))[*].name, name)
    ])
    error_message = join(" ", [
      "No golden case has one of ${aws_sfn_state_machine.this.name}, ${output.task_role_names.load},",
      "${output.task_log_group_names.load}.",
    ])
  }

  assert {
    condition     = output.database_name == "dev_orders"
    error_message = "The database is ${output.database_name}."
  }

  assert {
    condition     = aws_glue_catalog_database.this["dev_orders"].location_uri == "s3://shop-sales-dev-data/orders"
    error_message = "The location of tables differs from that of the SDK."
  }
}

run "every_role_has_the_path_and_the_boundary_of_the_domain" {
  command = plan

  variables {
    trigger = { type = "schedule", schedule = "rate(1 day)" }
  }

  assert {
    condition = toset([
      for role in [aws_iam_role.execution, aws_iam_role.trigger["this"]] : [role.path, role.permissions_boundary]
    ]) == toset([["/datalake/", "arn:aws:iam::111122223333:policy/boundary"]])
    error_message = "A role has another path or boundary."
  }
}

run "environment_variables_are_those_that_the_runtime_reads" {
  command = plan

  assert {
    condition = keys(local.task_variables.load) == jsondecode(
      file("../test/contract/task_variables.json")
    )["task definition"]
    error_message = "A task's definition sets ${join(", ", keys(local.task_variables.load))}."
  }

  assert {
    condition = local.states.load.Parameters.Overrides.ContainerOverrides[0].Environment[*].Name == jsondecode(
      file("../test/contract/task_variables.json")
    )["state"]
    error_message = "The state of an ECS task sets other variables than the runtime reads."
  }

  assert {
    condition = alltrue([
      for setter, variables in jsondecode(file("../test/contract/task_variables.json")) : alltrue([
        for variable in variables : strcontains(
          local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters,
          "spark.emr-serverless.driverEnv.${variable}=",
        )
      ]) if contains(["state", "task definition"], setter)
    ])
    error_message = "The state of a job run sets other variables than the runtime reads."
  }

  assert {
    condition = {
      for name, output in jsondecode(local.task_variables.enrich.OUTPUT_TABLES) :
      name => [output.ingestion_mode, output.upsert_keys]
    } == { "orders.enriched" = ["upsert", ["order_id"]] }
    error_message = "OUTPUT_TABLES is ${local.task_variables.enrich.OUTPUT_TABLES}."
  }

  assert {
    condition     = local.task_variables.report.IS_SQL_JOB == "true" && local.task_variables.load.IS_SQL_JOB == "false"
    error_message = "IS_SQL_JOB is not true for a SQL task."
  }
}

run "parameters_are_constants_or_paths_into_the_execution" {
  command = plan

  variables {
    tasks_configuration = {
      load   = { path = "tests/fixture/load", additional_parameters = var.parameters }
      enrich = { path = "tests/fixture/enrich", infra_type = "EMRServerless", additional_parameters = var.parameters }
    }
  }

  assert {
    condition     = local.task_variables.load.TASK_ADDITIONAL_PARAMETERS_factor == "2"
    error_message = "A constant parameter is not in the task definition."
  }

  assert {
    condition = contains(
      local.states.load.Parameters.Overrides.ContainerOverrides[0].Environment,
      { Name = "TASK_ADDITIONAL_PARAMETERS_key", "Value.$" = "$.detail.object.key" },
    )
    error_message = "A parameter of the execution is not in the state of an ECS task."
  }

  assert {
    condition = strcontains(
      local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters,
      "driverEnv.TASK_ADDITIONAL_PARAMETERS_key=\" & $replace($string($states.input.detail.object.key)",
    )
    error_message = "A parameter of the execution is not in the state of a job run."
  }
}

run "the_task_sets_spark_settings" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path                  = "tests/fixture/enrich"
        infra_type            = "EMRServerless"
        infra_config          = { architecture = "ARM64", spark_configuration = { "spark.executor.memory" = "8g" } }
        additional_parameters = { quote = "it's <b> & \"c\"" }
      }
    }
  }

  assert {
    condition = strcontains(
      local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters,
      "--conf 'spark.executor.memory=8g'",
    )
    error_message = "The Spark settings of the task are not in its state."
  }

  assert {
    condition = strcontains(
      local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters,
      "driverEnv.TASK_ADDITIONAL_PARAMETERS_quote=it'\\\\''s <b> & \\\"c\\\"'",
    )
    error_message = join(" ", [
      "A parameter with quotes is not passed unchanged:",
      "${local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters}",
    ])
  }

  assert {
    condition = alltrue([
      for logging in local.branches.enrich.States.enrich.Arguments.ConfigurationOverrides.MonitoringConfiguration :
      logging.Enabled
    ])
    error_message = "The driver's output is not in the task's log group."
  }
}

run "logs_are_retained_as_the_domain_sets" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.state_machine.retention_in_days == 90 && local.log_retention_days == 90
    error_message = "The log retention is different."
  }
}

run "a_pipeline_can_use_the_domains_database" {
  command = plan

  variables {
    pipeline_name                   = "sales"
    skip_pipeline_database_creation = true
  }

  assert {
    condition     = output.database_name == null
    error_message = "The pipeline creates a database."
  }
}

run "images_install_packages_from_codeartifact" {
  command = plan

  variables {
    domain_object = merge(var.domain_object, {
      codeartifact = {
        domain     = "shop-sales-dev"
        repository = "python"
        endpoint   = "https://shop.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/"
      }
    })
  }

  override_data {
    target = module.sdk.data.aws_codeartifact_authorization_token.this
    values = { authorization_token = "secret" }
  }

  assert {
    condition     = strcontains(module.sdk.pip_configuration, "://aws:secret@shop.d.codeartifact.")
    error_message = "The pip configuration is ${nonsensitive(module.sdk.pip_configuration)}."
  }
}

run "images_install_packages_from_pypi_without_codeartifact" {
  command = plan

  assert {
    condition     = module.sdk.pip_configuration == ""
    error_message = "The pip configuration is ${nonsensitive(module.sdk.pip_configuration)}."
  }
}

run "images_contain_jupyter_except_in_production" {
  command = plan

  assert {
    condition     = local.has_jupyter
    error_message = "Images in stage dev do not contain Jupyter."
  }
}

run "images_do_not_contain_jupyter_in_production" {
  command = plan

  variables {
    domain_object = merge(var.domain_object, { stage_name = "prod" })
  }

  assert {
    condition     = !local.has_jupyter
    error_message = "Images in stage prod contain Jupyter."
  }
}

run "jupyter_in_images_overrides_the_default" {
  command = plan

  variables {
    domain_object     = merge(var.domain_object, { stage_name = "prod" })
    jupyter_in_images = true
  }

  assert {
    condition     = local.has_jupyter
    error_message = "Images do not contain Jupyter although jupyter_in_images is true."
  }
}
