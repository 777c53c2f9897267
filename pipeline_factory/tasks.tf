locals {
  table_storage = local.domain.table_bucket_arn == null ? "s3" : "s3_tables"
  # The variables that datalake_sdk/runtime/environment.py reads.
  task_variables = {
    for name, task in local.tasks : name => merge(
      {
        PROJECT_NAME  = local.domain.project_name
        DOMAIN_NAME   = local.domain.domain_name
        STAGE_NAME    = local.domain.stage_name
        TABLE_STORAGE = local.table_storage
        PIPELINE_NAME = var.pipeline_name
        TASK_NAME     = name
        TASK_TYPE     = task.type
        INPUT_TABLES  = jsonencode(local.shared_tables[name].input_tables)
        OUTPUT_TABLES = local.output_variables[name]["this"]
        IS_SQL_JOB    = tostring(task.type == "sql")
        TASK_SECRETS  = jsonencode(task.secrets)
        REDSHIFT = jsonencode({
          for attribute, value in task.redshift == null ? {} : task.redshift : attribute => value if value != null
        })
      },
      {
        for parameter, value in task.additional_parameters :
        "TASK_ADDITIONAL_PARAMETERS_${parameter}" => value if !endswith(parameter, ".$")
      },
    )
  }
  # Tables that do not depend on the dataset: all of them if the pipeline has no datasets.
  shared_tables = {
    for name, task in local.tasks : name => {
      input_tables  = toset([for table in task.input_tables : table if !startswith(table, "{")])
      output_tables = { for table, output in task.output_tables : table => output if !startswith(table, "{") }
      readable_objects = toset(
        [for object in task.readable_objects : object if object != local.source_placeholder]
      )
    }
  }
  # By task, and by dataset; `this` is without a dataset.
  output_variables = {
    for name, datasets in local.dataset_tasks : name => {
      for key, tables in merge(datasets, { this = local.shared_tables[name] }) : key => jsonencode({
        for table, output in tables.output_tables : table => {
          for attribute, value in output : attribute => value if value != null || attribute == "partition_keys"
        }
      })
    }
  }

  # JSONata expressions for objects of further variables.
  further_variables = {
    for name in keys(local.tasks) : name => concat(
      local.dataset_variables[name],
      contains(keys(local.loops), name) ? [local.item_variables] : [],
    )
  }
  variables_expressions = {
    for name, expressions in local.further_variables :
    name => length(expressions) == 1 ? expressions[0] : "$merge([${join(", ", expressions)}])"
    if length(expressions) > 0
  }

  computed_parameters = {
    for name, task in local.tasks : name => {
      for parameter, value in task.additional_parameters :
      "TASK_ADDITIONAL_PARAMETERS_${trimsuffix(parameter, ".$")}" => value if endswith(parameter, ".$")
    }
  }

  # The input of an iteration, and of a task that catches a failure, is not that of the execution.
  jsonata_inputs = {
    for name in keys(local.tasks) :
    name => contains(local.jsonata_tasks, name) ? "$$states.context.Execution.Input." : "$$states.input."
  }
  jsonpath_variables = {
    for name, paths in local.computed_parameters : name => merge(paths, {
      step_function_task_token           = "$$.Task.Token"
      step_function_execution_arn        = "$$.Execution.Id"
      step_function_execution_input      = "States.JsonToString($$.Execution.Input)"
      step_function_execution_start_time = "$$.Execution.StartTime"
    })
  }
  jsonata_variables = {
    for name, paths in local.computed_parameters : name => merge(
      {
        for variable, path in paths : variable =>
        replace(replace(path, "/^\\$\\$\\./", "$$states.context."), "/^\\$\\./", local.jsonata_inputs[name])
      },
      lookup(local.caught_variables, name, {}),
      {
        step_function_task_token           = "$states.context.Task.Token"
        step_function_execution_arn        = "$states.context.Execution.Id"
        step_function_execution_input      = "$states.context.Execution.Input"
        step_function_execution_start_time = "$states.context.Execution.StartTime"
      },
    )
  }

  runs = merge(module.ecs_task, module.emr_task, module.glue_task, module.lambda_task)

  log_group_names = { for name in keys(local.tasks) : name => "${local.full_name}/${name}" }

  states = { for name, run in local.runs : name => merge(
    run.state,
    lookup(local.results, name, {}),
    { for seconds in local.tasks[name].heartbeat_seconds[*] : "HeartbeatSeconds" => seconds },
    {
      # Functions and jobs of Glue report themselves that a task takes too long. A job starts in a few minutes.
      TimeoutSeconds = (
        local.tasks[name].timeout_minutes + lookup({ Glue = 15, Lambda = 1 }, local.tasks[name].infra_type, 0)
      ) * 60
      Retry = [
        {
          ErrorEquals = concat(
            ["TransientError"],
            [for seconds in local.tasks[name].heartbeat_seconds[*] : "States.HeartbeatTimeout"],
          )
          MaxAttempts     = local.tasks[name].retries
          IntervalSeconds = 5
          BackoffRate     = 2
          MaxDelaySeconds = 300
          JitterStrategy  = "FULL"
        },
        {
          ErrorEquals     = run.capacity_errors
          MaxAttempts     = 6
          IntervalSeconds = 20
          BackoffRate     = 2
          MaxDelaySeconds = 300
          JitterStrategy  = "FULL"
        },
      ]
    },
  ) }
}

locals {
  has_jupyter = coalesce(var.jupyter_in_images, local.domain.stage_name != "prod")

  # The modules of tasks do not depend on the database with depends_on: a change of it, such as that of a tag, would
  # postpone their data sources, and the plan would not show the policies.
  # https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on#processing-and-planning-consequences
  task_domain = merge(local.domain, {
    created_databases = { for database in aws_glue_catalog_database.this : var.pipeline_name => database.name }
  })
}

module "sdk" {
  source = "../modules/sdk_package"

  codeartifact = local.domain.codeartifact
}

module "ecs_task" {
  source   = "./modules/ecs_factory"
  for_each = { for name, task in local.tasks : name => task if task.infra_type == "ECS" }

  name                  = "${local.full_name}_${each.key}"
  task_name             = each.key
  task                  = merge(each.value, local.shared_tables[each.key])
  domain                = local.task_domain
  serves_datasets       = local.serves_datasets
  dataset_role_path     = local.dataset_role_path
  execution_role_arn    = aws_iam_role.execution.arn
  has_jupyter           = local.has_jupyter
  sdk                   = { version = module.sdk.version, context_command = module.sdk.context_command }
  pip_configuration     = module.sdk.pip_configuration
  environment_variables = local.task_variables[each.key]
  query_language        = contains(local.jsonata_tasks, each.key) ? "JSONata" : "JSONPath"
  computed_variables = (
    contains(local.jsonata_tasks, each.key) ? local.jsonata_variables[each.key] : local.jsonpath_variables[each.key]
  )
  variables_expression = lookup(local.variables_expressions, each.key, "{}")
  datasets             = local.dataset_tasks[each.key]

  log_group_name     = local.log_group_names[each.key]
  log_retention_days = local.log_retention_days
  tags               = local.tags
}

module "lambda_task" {
  source   = "./modules/lambda_factory"
  for_each = { for name, task in local.tasks : name => task if task.infra_type == "Lambda" }

  name                  = "${local.full_name}_${each.key}"
  task_name             = each.key
  task                  = merge(each.value, local.shared_tables[each.key])
  domain                = local.task_domain
  serves_datasets       = local.serves_datasets
  dataset_role_path     = local.dataset_role_path
  sdk                   = { version = module.sdk.version, context_command = module.sdk.context_command }
  pip_configuration     = module.sdk.pip_configuration
  environment_variables = local.task_variables[each.key]
  query_language        = contains(local.jsonata_tasks, each.key) ? "JSONata" : "JSONPath"
  # A state that does not wait for a callback has no task token.
  computed_variables = {
    for name, value in(
      contains(local.jsonata_tasks, each.key) ? local.jsonata_variables[each.key] : local.jsonpath_variables[each.key]
    ) : name => value if name != "step_function_task_token"
  }
  variables_expression = lookup(local.variables_expressions, each.key, "{}")
  datasets             = local.dataset_tasks[each.key]
  log_group_name       = local.log_group_names[each.key]
  log_retention_days   = local.log_retention_days
  tags                 = local.tags
}

module "glue_task" {
  source   = "./modules/glue_factory"
  for_each = { for name, task in local.tasks : name => task if task.infra_type == "Glue" }

  name                  = "${local.full_name}_${each.key}"
  pipeline_name         = var.pipeline_name
  task_name             = each.key
  task                  = each.value
  domain                = local.task_domain
  wheel                 = one(values(aws_s3_object.sdk_wheel)[*].key)
  environment_variables = local.task_variables[each.key]
  # A state that does not wait for a callback has no task token.
  computed_variables = {
    for name, value in local.jsonata_variables[each.key] : name => value if name != "step_function_task_token"
  }
  variables_expression = lookup(local.variables_expressions, each.key, "{}")
  log_group_name       = local.log_group_names[each.key]
  log_retention_days   = local.log_retention_days
  tags                 = local.tags
}

module "emr_task" {
  source   = "./modules/emr_factory"
  for_each = { for name, task in local.tasks : name => task if task.infra_type == "EMRServerless" }

  name                  = "${local.full_name}_${each.key}"
  task_name             = each.key
  task                  = merge(each.value, local.shared_tables[each.key])
  domain                = local.task_domain
  serves_datasets       = local.serves_datasets
  dataset_role_path     = local.dataset_role_path
  sdk                   = { version = module.sdk.version, context_command = module.sdk.context_command }
  pip_configuration     = module.sdk.pip_configuration
  environment_variables = local.task_variables[each.key]
  computed_variables    = local.jsonata_variables[each.key]
  variables_expression  = lookup(local.variables_expressions, each.key, null)
  datasets              = local.dataset_tasks[each.key]
  log_group_name        = local.log_group_names[each.key]
  log_retention_days    = local.log_retention_days
  tags                  = local.tags
}
