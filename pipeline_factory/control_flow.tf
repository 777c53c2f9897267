# States for `when`, `for_each` and `catch`. They use JSONata, whose errors, unlike those of paths, can be caught.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
locals {
  loops = { for name, task in local.tasks : name => task.for_each if task.for_each != null }

  # Tasks on ECS and Lambda whose states use JSONata, as those of all Spark tasks do.
  jsonata_tasks = setunion(
    keys(local.loops),
    local.catching_tasks,
    [for name in keys(local.tasks) : name if local.serves_datasets],
  )
  jsonpath_tasks = setsubtract(
    [for name, task in local.tasks : name if !contains(["EMRServerless", "Glue"], task.infra_type)],
    local.jsonata_tasks,
  )

  tasks_with_control_flow = [
    for name, task in local.tasks : name if task.when != null || task.for_each != null || task.catch != null
  ]

  # The states that run the tasks, without conditions: `load`, or its iterations, and the tasks that run if it fails.
  run_states = {
    for name, task in local.ordered_tasks : name => {
      (contains(keys(local.loops), name) ? "${name} for each" : name) = merge(
        [local.states[name], try(local.loop_states[name], null)][contains(keys(local.loops), name) ? 1 : 0],
        local.catches[name],
        { End = true },
      )
    }
  }
  catches = {
    for name in keys(local.ordered_tasks) : name => merge([
      for handler in compact([local.tasks[name].catch]) :
      { Catch = [{ ErrorEquals = ["States.ALL"], Next = "${handler} after ${name}" }] }
    ]...)
  }
  catching_states = {
    for name in keys(local.ordered_tasks) : name => merge([
      for handler in compact([local.tasks[name].catch]) :
      { "${handler} after ${name}" = merge(local.states[handler], { End = true }) }
    ]...)
  }

  # Step Functions limits the cause to 32,768 characters, but ECS all overrides of a task to 8,192.
  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
  caught_causes = {
    for name in local.catching_tasks : name => join("", [
      "$substring($states.input.Cause ? ",
      contains(local.job_handlers, name) ? local.job_cause : (
        contains(local.function_handlers, name) ? local.function_cause : "$states.input.Cause"
      ),
      " : '', 0, 1024)",
    ])
  }
  caught_variables = {
    for name, cause in local.caught_causes : name => {
      TASK_ADDITIONAL_PARAMETERS_caught_task  = "$substringAfter($states.context.State.Name, ' after ')"
      TASK_ADDITIONAL_PARAMETERS_caught_error = "$states.input.Error"
      TASK_ADDITIONAL_PARAMETERS_caught_cause = cause
    }
  }

  # The cause of an error of a function is JSON.
  # https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
  function_handlers = toset(compact([for task in local.tasks : task.catch if task.infra_type == "Lambda"]))
  function_cause = join("", [
    "($contains($states.input.Cause, /^\\{\"error(Message|Type)\":/)",
    " ? $parse($states.input.Cause).errorMessage : $states.input.Cause)",
  ])

  # The cause of a failed job of Glue is its job run.
  # https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html
  job_handlers = toset(compact([for task in local.tasks : task.catch if task.infra_type == "Glue"]))
  job_cause = join("", [
    "($contains($states.input.Cause, /^\\{.*\"JobRunState\":/)",
    " ? $string($parse($states.input.Cause).ErrorMessage) : ${local.function_cause})",
  ])

  first_states = {
    for name, entry in local.entry_states : name => local.tasks[name].when != null ? "${name}?" : entry
  }
  entry_states = {
    for name in keys(local.ordered_tasks) : name => (
      try(local.loops[name].tables, null) != null ? "${name} tables" :
      contains(keys(local.loops), name) ? "${name} for each" : name
    )
  }

  condition_states = {
    for name in keys(local.ordered_tasks) : name => merge([
      for condition in local.tasks[name].when[*] : {
        "${name}?" = {
          Type          = "Choice"
          QueryLanguage = "JSONata"
          Choices = [{
            Condition = "{% ($input := $states.context.Execution.Input; (${condition}) and true) %}"
            Next      = local.entry_states[name]
          }]
          Default = "${name} skipped"
        }
        "${name} skipped" = { Type = "Pass", Result = { skipped = true }, End = true }
      }
    ]...)
  }

  # Results that conditions read are variables, which only states of the outer scope can assign.
  # https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#variables-scope
  read_results = toset(flatten([for task in values(local.tasks) : tolist(task.condition_tasks)]))
  variables = [
    for names in local.levels :
    { for index, name in names : "${name}.$" => "$[${index}]" if contains(local.read_results, name) }
  ]
  assignments = [
    for variables in local.variables : { for value in [variables] : "Assign" => value if length(value) > 0 }
  ]

  # The output of a state: the result of the task if a condition reads it, or the failure that was handled. Iterations
  # drop other results, since the output of all iterations is limited to 256 KiB.
  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  results = merge(
    { for name in keys(local.loops) : name => { Output = {} } },
    { for name in setintersection(local.read_results, local.jsonpath_tasks) : name => { ResultPath = "$" } },
    { for name in setsubtract(local.read_results, local.jsonpath_tasks) : name => { Output = "{% $states.result %}" } },
    {
      for name in local.catching_tasks :
      name => { Output = { error = "{% $states.input.Error %}", cause = "{% ${local.caught_causes[name]} %}" } }
    },
  )
}
