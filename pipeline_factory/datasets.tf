# With `run_for_each = "datasets"`, an execution runs for one of the datasets that are registered to the pipeline, with
# roles of its own. The state machine reads the dataset that its input names from Parameter Store, so that a new dataset
# changes no existing resource.
locals {
  serves_datasets = var.run_for_each == "datasets"
  datasets = {
    for name, dataset in module.datasets.datasets : name => dataset
    if local.serves_datasets && dataset.pipeline == var.pipeline_name
  }
  dataset_path = "/datalake/${local.environment}/registered-datasets/${var.pipeline_name}"

  # Names of environments contain '_', so that no role of another pipeline has this path.
  dataset_role_path = "${local.domain.role_path}${local.full_name}/"

  # Tables by the placeholder for them.
  dataset_tables = {
    for name, dataset in local.datasets :
    name => { for key, table in dataset.tables : "{tables.${key}}" => table }
  }
  # What the role and the runs of each task need for each dataset.
  dataset_tasks = {
    for task_name, task in local.tasks : task_name => {
      for name, tables in local.dataset_tables : name => {
        input_tables = toset([for table in task.input_tables : try(tables[table].name, table)])
        output_tables = {
          for table, output in task.output_tables : try(tables[table].name, table) => merge(output, {
            for attribute, value in try(tables[table], {}) : attribute => value
            if value != null && attribute != "name"
          })
        }
        readable_objects = setunion(
          [for object in task.readable_objects : object if object != local.source_placeholder],
          contains(task.readable_objects, local.source_placeholder) ? local.source_objects[name] : [],
        )
      }
    }
  }
  source_placeholder = "{source}"
  source_objects = {
    for name, dataset in local.datasets : name => [
      for trigger in module.configuration.triggers : "${trigger.bucket}/${dataset.source_prefix}*${trigger.suffix}"
      if trigger.type == "s3"
    ]
  }

  # Each dataset has its own triggers, with the settings of the pipeline's.
  dataset_triggers = merge([
    for name, dataset in local.datasets : {
      for trigger_name, trigger in module.configuration.triggers : "${trigger_name}-${name}" => merge(trigger, {
        prefix     = trigger.type == "s3" ? dataset.source_prefix : ""
        parameters = jsonencode(merge(jsondecode(trigger.parameters), { dataset = name }))
      })
    }
  ]...)

  dataset_trigger_names = {
    for name in keys(local.datasets) :
    name => [for trigger_name in keys(module.configuration.triggers) : "${trigger_name}-${name}"]
  }

  # The parameters that all tasks of a dataset receive.
  dataset_parameters = {
    for name, dataset in local.datasets : name => merge(
      { dataset = name, team = dataset.team, source_prefix = dataset.source_prefix },
      { for key, table in dataset.tables : "${key}_table" => table.name },
      dataset.parameters,
    )
  }

  # The variable `dataset` of the state machine: objects with environment variables, and the state that assigns it.
  # https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
  dataset_variables = {
    for name in keys(local.tasks) :
    name => local.serves_datasets ? ["$dataset.variables", "$dataset.tasks.${name}.variables"] : []
  }
  dataset_expression = join(" ", [
    "($name := $states.context.Execution.Input[0].dataset;",
    "$type($name) = 'string' and $contains($name, /^[a-z][a-z0-9_]*$/) ? '${local.dataset_path}/' & $name",
    ": $error('The input of the execution names no dataset, as in {\"dataset\": \"orders\"}'))",
  ])
  dataset_states = {
    for state in local.serves_datasets ? ["Dataset"] : [] : state => {
      Type          = "Task"
      QueryLanguage = "JSONata"
      Resource      = "arn:${local.partition}:states:::aws-sdk:ssm:getParameter"
      Arguments     = { Name = "{% ${local.dataset_expression} %}" }
      Assign        = { dataset = "{% $parse($states.result.Parameter.Value) %}" }
      Output        = "{% $states.input %}"
      Retry = [
        { ErrorEquals = ["Ssm.ParameterNotFoundException"], MaxAttempts = 0 },
        { ErrorEquals = ["States.TaskFailed"], MaxAttempts = 3, JitterStrategy = "FULL" },
      ]
      Next = "Level 1"
    }
  }
}

module "datasets" {
  source = "../modules/datasets"

  datasets = [local.domain.datasets, var.datasets][var.datasets == null ? 0 : 1]
}

locals {
  dataset_values = {
    for name, dataset in local.datasets : name => jsonencode({
      team          = dataset.team
      source_prefix = dataset.source_prefix
      parameters    = dataset.parameters
      tables        = { for key, table in dataset.tables : key => table.name }
      variables = {
        for parameter, value in local.dataset_parameters[name] : "TASK_ADDITIONAL_PARAMETERS_${parameter}" => value
      }
      tasks = { for task, datasets in local.dataset_tasks : task => merge(
        local.runs[task].datasets[name],
        {
          variables = {
            INPUT_TABLES  = jsonencode(datasets[name].input_tables)
            OUTPUT_TABLES = local.output_variables[task][name]
          }
        },
      ) }
      state_machine_arn = aws_sfn_state_machine.this.arn
      queue_urls = [
        for key in local.dataset_trigger_names[name] : aws_sqs_queue.batch[key].url
        if contains(keys(local.batched_triggers), key)
      ]
      dead_letter_queue_urls = [
        for key in local.dataset_trigger_names[name] : aws_sqs_queue.dead_letters[key].url
      ]
    })
  }
}

# Read by the state machine, and by `datalake_sdk datasets`.
resource "aws_ssm_parameter" "dataset" {
  for_each = local.datasets

  name           = "${local.dataset_path}/${each.key}"
  description    = "Dataset ${each.key} of ${local.full_name}"
  type           = "String"
  tier           = "Intelligent-Tiering"
  tags           = merge(local.tags, { team = each.value.team, dataset = each.key })
  insecure_value = local.dataset_values[each.key]

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
      condition = length(local.dataset_values[each.key]) <= local.parameter_size_limit
      error_message = join(" ", [
        "The parameter of the dataset ${each.key} has ${length(local.dataset_values[each.key])} characters; the limit",
        "of Parameter Store is ${local.parameter_size_limit}. Shorten its parameters and tables, or split the",
        "pipeline.",
      ])
    }
  }
}
