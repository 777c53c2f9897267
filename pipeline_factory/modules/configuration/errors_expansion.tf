# Violations of the rules for expand, as in errors_tasks.tf.
locals {
  # Projects whose settings are valid.
  dbt_projects = {
    for name, task in local.projects : name => task if task.expand == "models" && task.type == "dbt"
  }
  manifests = {
    for name, task in local.dbt_projects : name => merge(module.dbt_models[name], {
      path          = "tasks_configuration.${name}"
      code          = "${task.path}/code"
      declared      = concat(tolist(task.input_tables), keys(task.output_tables))
      output_tables = keys(task.output_tables)
      exists        = fileexists(module.dbt_models[name].file)
      is_valid = (
        module.dbt_models[name].schema_version == module.dbt_models[name].expected_schema_version
        && coalesce(
          module.dbt_models[name].expected_project_name, module.dbt_models[name].project_name,
        ) == module.dbt_models[name].project_name
      )
    })
  }

  expand_errors = concat(
    [
      for name, task in local.projects :
      "tasks_configuration.${name}.expand is '${task.expand}'; it must be models."
      if task.expand != "models"
    ],
    [
      for name, task in local.projects :
      "tasks_configuration.${name}.expand is '${task.expand}', but type is '${task.type}'; it requires dbt."
      if task.expand == "models" && task.type != "dbt"
    ],
    flatten([
      for name, task in local.projects : [
        for parameter in keys(task.additional_parameters) : join(" ", [
          "tasks_configuration.${name}.additional_parameters contains '${parameter}', but expand selects the nodes of",
          "each task. Remove it; to leave out a model, disable it in the project.",
        ])
        if can(regex(local.selection_parameter, parameter))
      ]
    ]),
    [
      for manifest in values(local.manifests) :
      "${manifest.path}: the file ${manifest.file} does not exist. Run `dbt parse` in ${manifest.code}."
      if !manifest.exists
    ],
    [
      for manifest in values(local.manifests) : join(" ", [
        "${manifest.path}: the file ${manifest.file} has the schema '${manifest.schema_version}' and is of the",
        "project '${manifest.project_name}'; the schema must be '${manifest.expected_schema_version}', and the",
        "project '${coalesce(manifest.expected_project_name, manifest.project_name)}'. Run `dbt parse` in",
        "${manifest.code} with dbt 1.11.",
      ])
      if manifest.exists && !manifest.is_valid
    ],
    [
      for manifest in values(local.manifests) : join(" ", [
        "${manifest.path}: the file ${manifest.file} has no model, seed or snapshot with a table. Remove expand, or",
        "add a model.",
      ])
      if manifest.is_valid && length([for part in manifest.tasks : part if length(part.output_tables) > 0]) == 0
    ],
    flatten([
      for manifest in values(local.manifests) : [
        for part in manifest.tasks : [
          for table in keys(part.output_tables) : join(" ", [
            "${manifest.path}: ${part.name} writes ${table}, which is not in output_tables. Add it, or change `schema`",
            "or `alias` in the project.",
          ])
          if length(setintersection([table, "${split(".", table)[0]}.*"], manifest.output_tables)) == 0
        ]
      ]
      if manifest.is_valid
    ]),
    flatten([
      for manifest in values(local.manifests) : [
        for part in manifest.tasks : [
          for table in part.input_tables : join(" ", [
            "${manifest.path}: ${part.name} reads ${table}, which is neither in input_tables nor in output_tables. Add",
            "it to input_tables.",
          ])
          if length(setintersection([table, "${split(".", table)[0]}.*"], manifest.declared)) == 0
        ]
      ]
      if manifest.is_valid
    ]),
  )
}
