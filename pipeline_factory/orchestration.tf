locals {
  has_template = var.orchestration_configuration_template_file_path != null

  # The tasks of a level run in parallel. A failure is not caught unless the task has `catch`: an execution that entered
  # a Fail state can be redriven, but only fails again. The cause, which the task reports, starts with its name.
  # https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states
  branches = {
    for name in keys(local.ordered_tasks) : name => {
      StartAt = local.first_states[name]
      States = merge(
        local.condition_states[name],
        local.table_states[name],
        local.run_states[name],
        local.catching_states[name],
      )
    }
  }
  generated = {
    Comment = "Levels of tasks, each after the tasks that write its input tables"
    StartAt = local.serves_datasets ? "Dataset" : "Level 1"
    States = merge(local.dataset_states, {
      for index, names in local.levels : "Level ${index + 1}" => merge(
        {
          Type       = "Parallel"
          Comment    = join(", ", names)
          Branches   = [for name in names : local.branches[name]]
          ResultPath = null
        },
        local.assignments[index],
        [{ End = true }, { Next = "Level ${index + 2}" }][min(1, length(local.levels) - index - 1)],
      )
    })
  }

  definition = local.has_template ? local.rendered : jsonencode(local.generated)
}
