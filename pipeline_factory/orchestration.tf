locals {
  has_template = var.orchestration_configuration_template_file_path != null

  # A level's tasks wait for nobody in their own level. A task that fails says which one it is.
  # JSONata, since a path to a cause that is missing would be an error of its own.
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
    Comment = "Levels of tasks, each after those whose tables it reads"
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
