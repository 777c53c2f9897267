# Violations of the rules for tables, as in errors_tasks.tf.
locals {
  outputs = merge(flatten([
    for path, task in local.tasks : {
      for table, output in task.output_tables : "${path}.output_tables[\"${table}\"]" => output
    }
  ])...)

  overwritten_tables = {
    for name, task in var.tasks_configuration :
    name => [for table, output in task.output_tables : table if output.ingestion_mode == "overwrite"]
  }
  # A task that catches failures may overwrite a table of a task whose failures it catches.
  overwriting_tasks = transpose({
    for name, tables in local.overwritten_tables : name => setsubtract(
      tables,
      flatten([for task in lookup(local.caught_tasks, name, []) : local.overwritten_tables[task]]),
    )
  })

  table_errors = concat(
    flatten([
      for path, task in local.tasks : [
        for table in concat(tolist(task.input_tables), keys(task.output_tables)) : join(" ", [
          "${path} has the table ${table == null ? "null" : "'${table}'"}; it must be database.table in lowercase",
          "letters, digits and '_', without the stage's prefix.",
        ])
        if !can(regex(local.table_pattern, table))
      ]
    ]),
    [
      for path, output in local.outputs :
      "${path}.ingestion_mode is '${output.ingestion_mode}'; it must be one of ${join(", ", local.ingestion_modes)}."
      if !contains(local.ingestion_modes, output.ingestion_mode)
    ],
    [
      for path, output in local.outputs :
      "${path} is upserted without upsert_keys. Name the columns that identify a row."
      if output.ingestion_mode == "upsert" && length(output.upsert_keys) == 0
    ],
    flatten([
      for path, output in local.outputs : [
        for attribute in ["upsert_keys", "partition_keys"] : "${path}.${attribute} contains null; remove it."
        if anytrue([for key in coalesce(output[attribute], []) : key == null])
      ]
    ]),
    [
      for path, task in local.tasks : join(" ", [
        "${path} has ${length(task.output_tables)} output_tables; a SQL task has one, for the rows of its query.",
        "Split the task, or write it in Python.",
      ])
      if task.type == "sql" && length(task.output_tables) != 1
    ],
    [
      for table, tasks in local.overwriting_tasks : join(" ", [
        "The table ${table} is overwritten by ${join(" and ", tasks)}, and only the rows of the last one would",
        "remain. Give each task its own table, or another ingestion_mode.",
      ])
      if length(tasks) > 1
    ],
  )
}
