# The resources of a task: environment variables, task definition, application, log.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  parameters = { factor = "2", "key.$" = "$.detail.object.key" }
}

run "by_default_a_pipeline_has_a_protected_database_and_no_trigger" {
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

  assert {
    condition     = aws_cloudwatch_log_group.state_machine.retention_in_days == 90 && local.log_retention_days == 90
    error_message = "The log retention is different."
  }

  assert {
    condition     = module.sdk.pip_configuration == ""
    error_message = "The pip configuration is ${nonsensitive(module.sdk.pip_configuration)}."
  }

  assert {
    condition     = local.has_jupyter
    error_message = "Images in stage dev do not contain Jupyter."
  }

  assert {
    condition     = keys(aws_ssm_parameter.task_request) == ["enrich", "load", "report"]
    error_message = "Parameters exist for ${join(", ", keys(aws_ssm_parameter.task_request))}."
  }

  assert {
    condition = contains(
      jsondecode(file("../test/contract/naming_cases.json"))[*].name,
      aws_ssm_parameter.task_request["load"].name,
    )
    error_message = "No golden case has the name ${aws_ssm_parameter.task_request["load"].name}."
  }

  assert {
    condition     = alltrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy removes the database by default."
  }

  assert {
    condition = (
      keys(output.task_role_arns) == ["enrich", "load", "report"]
      && keys(output.task_image_uris) == ["enrich", "load", "report"]
    )
    error_message = "Roles ${jsonencode(output.task_role_arns)}, images ${jsonencode(output.task_image_uris)}."
  }

  assert {
    condition     = jsondecode(output.task_states.load).Resource == "arn:aws:states:::ecs:runTask.waitForTaskToken"
    error_message = "The state is ${output.task_states.load}."
  }

  assert {
    condition     = length(aws_scheduler_schedule.this) + length(local.event_rules) + length(aws_iam_role.trigger) == 0
    error_message = "A pipeline without a trigger has a trigger."
  }
}

run "parameters_are_constants_or_paths_into_the_execution" {
  command = plan

  variables {
    tasks_configuration = {
      load   = { path = "tests/fixture/load", additional_parameters = var.parameters }
      enrich = { path = "tests/fixture/enrich", infra_type = "EMRServerless", additional_parameters = var.parameters }
    }
    pipeline_name                   = "sales"
    skip_pipeline_database_creation = true
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

  assert {
    condition     = output.database_name == null
    error_message = "The pipeline creates a database."
  }
}

run "each_model_of_a_dbt_project_is_a_task" {
  command = plan

  variables {
    tasks_configuration = {
      models = {
        type          = "dbt"
        expand        = "models"
        path          = "tests/fixture/dbt_shop"
        input_tables  = ["crm_raw.contacts"]
        output_tables = { "sales.*" = {} }
      }
    }
    apply_tables = true
  }

  assert {
    condition     = length(output.task_role_names) == 10 && contains(keys(output.task_states), "models_fct_days")
    error_message = "The tasks are ${join(", ", keys(output.task_role_names))}."
  }

  assert {
    condition = local.task_variables.models_orders == merge(local.task_variables.models_orders, {
      TASK_TYPE                             = "dbt"
      INPUT_TABLES                          = jsonencode(["sales.raw_orders"])
      TASK_ADDITIONAL_PARAMETERS_dbt_select = "shop.orders,file:orders.sql"
    }) && keys(jsondecode(local.task_variables.models_orders.OUTPUT_TABLES)) == ["sales.orders"]
    error_message = "The variables of the task are ${jsonencode(local.task_variables.models_orders)}."
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
