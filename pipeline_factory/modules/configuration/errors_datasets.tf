# Violations of the rules for pipelines that run for each dataset, as in errors_tasks.tf.
locals {
  placeholder_pattern = "^\\{tables\\.([a-z][a-z0-9_]*)\\}$"
  source_placeholder  = "{source}"

  placeholders = distinct(flatten([
    for name, task in local.tasks_by_name : [
      for table in setunion(task.input_tables, keys(task.output_tables)) :
      { task = name, table = table, key = one(regex(local.placeholder_pattern, table)) }
      if can(regex(local.placeholder_pattern, table))
    ]
  ]))
  has_source = [
    for name, task in local.tasks_by_name : name if contains(task.input_paths, local.source_placeholder)
  ]

  # The outputs of tasks, and those of each dataset for outputs with a placeholder.
  dataset_outputs = merge(flatten([
    for name, dataset in var.datasets : [
      for task in values(local.tasks_by_name) : {
        for table, output in task.output_tables :
        "datasets.${name}.tables.${one(regex(local.placeholder_pattern, table))}" => merge(
          output,
          {
            for attribute, value in try(dataset.tables[one(regex(local.placeholder_pattern, table))], {}) :
            attribute => value if value != null && attribute != "name"
          },
        )
        if can(dataset.tables[one(regex(local.placeholder_pattern, table))])
      }
    ]
  ])...)

  dataset_errors = concat(
    [
      for placeholder in local.placeholders : join(" ", [
        "tasks_configuration.${placeholder.task} has the table '${placeholder.table}', which requires",
        "run_for_each = \"datasets\".",
      ])
      if !var.for_each_dataset
    ],
    [
      for name in local.has_source : join(" ", [
        "tasks_configuration.${name}.input_paths has '${local.source_placeholder}', which requires run_for_each =",
        "\"datasets\" and a trigger of type s3.",
      ])
      if !var.for_each_dataset || alltrue([for trigger in values(var.triggers) : trigger.type != "s3"])
    ],
    flatten([
      for name, dataset in var.datasets : [
        for placeholder in local.placeholders : join(" ", [
          "datasets.${name}.tables has no '${placeholder.key}', which tasks_configuration.${placeholder.task} uses as",
          "'${placeholder.table}'. Its tables are ${join(", ", keys(dataset.tables))}.",
        ])
        if !contains(keys(dataset.tables), placeholder.key)
      ]
    ]),
    flatten([
      for name, dataset in var.datasets : [
        for key in setsubtract(keys(dataset.tables), local.placeholders[*].key) : join(" ", [
          "datasets.${name}.tables.${key} is not used by any task of the pipeline; the tasks use",
          "${join(", ", distinct(local.placeholders[*].table))}.",
        ])
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for table, output in task.output_tables : join(" ", [
          "${path}.output_tables[\"${table}\"].ingestion_mode is 'overwrite'; each dataset would replace the rows of",
          "the others. Use a table of the dataset, such as {tables.orders}, or another ingestion_mode.",
        ])
        if var.for_each_dataset && output.ingestion_mode == "overwrite"
        && !can(regex(local.placeholder_pattern, table))
      ]
    ]),
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.prefix is '${trigger.prefix}'; with run_for_each = \"datasets\", the prefix is the source_prefix of",
        "each dataset. Remove it.",
      ])
      if var.for_each_dataset && trigger.prefix != ""
    ],
    [
      for path, trigger in local.triggers :
      "${path}.parameters contains 'dataset', which run_for_each = \"datasets\" sets itself. Choose another name."
      if var.for_each_dataset && can(jsondecode(trigger.parameters).dataset)
    ],
    [
      for name in keys(local.tasks_by_name) :
      "tasks_configuration.${name} is named 'dataset', which is a variable of the state machine. Choose another name."
      if var.for_each_dataset && name == "dataset"
    ],
    flatten([
      for name, task in local.tasks_by_name : [
        for parameter in setintersection(local.parameter_names[name], local.dataset_parameter_names) : join(" ", [
          "tasks_configuration.${name}.additional_parameters sets '${parameter}', which the dataset sets as well.",
          "Rename one of them.",
        ])
      ]
    ]),
  )
  dataset_parameter_names = var.for_each_dataset ? toset(concat(
    ["dataset", "source_prefix", "team"],
    [for placeholder in local.placeholders : "${placeholder.key}_table"],
    flatten([for dataset in values(var.datasets) : keys(dataset.parameters)]),
  )) : toset([])
}
