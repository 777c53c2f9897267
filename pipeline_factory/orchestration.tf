locals {
  has_template = var.orchestration_configuration_template_file_path != null

  # The tasks of a level run in parallel. The cause of a failure starts with the name of the task.
  # JSONata, since a JSONPath to a missing cause would be another error.
  branches = {
    for name, state in local.states : name => {
      StartAt = name
      States = {
        (name) = merge(state, { End = true, Catch = [{ ErrorEquals = ["States.ALL"], Next = "${name} failed" }] })
        "${name} failed" = {
          Type          = "Fail"
          QueryLanguage = "JSONata"
          Error         = "{% $states.input.Error %}"
          Cause         = "{% $substring('${name}: ' & $states.input.Cause, 0, 32000) %}"
        }
      }
    }
  }
  generated = {
    Comment = "Levels of tasks, each after the tasks that write its input tables"
    StartAt = "Level 1"
    States = {
      for index, names in local.levels : "Level ${index + 1}" => merge(
        {
          Type       = "Parallel"
          Comment    = join(", ", names)
          Branches   = [for name in names : local.branches[name]]
          ResultPath = null
        },
        [{ End = true }, { Next = "Level ${index + 2}" }][min(1, length(local.levels) - index - 1)],
      )
    }
  }

  definition = local.has_template ? local.rendered : jsonencode(local.generated)
}
