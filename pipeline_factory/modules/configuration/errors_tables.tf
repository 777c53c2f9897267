# Violations of the rules for tables, as in errors_tasks.tf.
locals {
  declared_outputs = flatten([
    for path, task in local.tasks : [
      for table, output in task.output_tables : {
        path        = "${path}.output_tables[\"${table}\"]"
        output      = output
        has_dataset = can(regex(local.placeholder_pattern, table))
      }
    ]
  ])
  # The dataset may set attributes that the mode requires.
  outputs = merge(
    { for each in local.declared_outputs : each.path => each.output if !each.has_dataset },
    local.dataset_outputs,
  )

  overwritten_tables = {
    for name, task in local.tasks_by_name :
    name => [for table, output in task.output_tables : table if output.ingestion_mode == "overwrite"]
  }
  # A task that catches failures may overwrite a table of a task whose failures it catches.
  overwriting_tasks = transpose({
    for name, tables in local.overwritten_tables : name => setsubtract(
      tables,
      flatten([for task in lookup(local.caught_tasks, name, []) : local.overwritten_tables[task]]),
    )
  })

  patterns = flatten([
    for name, task in local.tasks_by_name : [
      for table in keys(task.output_tables) : { task = name, table = table, prefix = trimsuffix(table, "*") }
      if can(regex(local.output_pattern, table))
    ]
  ])

  pattern_errors = concat(
    flatten([
      for path, task in local.tasks : [
        for table in task.input_tables : join(" ", [
          "${path}.input_tables contains the pattern '${table}'; patterns are supported only in output_tables. List",
          "the tables that the task reads.",
        ])
        if try(strcontains(table, "*"), false)
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for table in keys(task.output_tables) : join(" ", [
          "${path}.output_tables contains the pattern '${table}'; a pattern must be database.*, for all tables of a",
          "database.",
        ])
        if strcontains(table, "*") && !can(regex(local.output_pattern, table))
      ]
    ]),
    [
      for pattern in local.patterns : join(" ", [
        "tasks_configuration.${pattern.task}.output_tables contains the pattern '${pattern.table}'; a SQL task has one",
        "table, for the rows of its query.",
      ])
      if local.tasks_by_name[pattern.task].type == "sql"
    ],
    # A task that catches failures may write the tables of a task whose failures it catches.
    flatten([
      for pattern in local.patterns : [
        for name, task in local.tasks_by_name : [
          for table in keys(task.output_tables) : join(" ", [
            "tasks_configuration.${name}.output_tables contains ${table}, which the pattern ${pattern.table} of",
            "${pattern.task} includes. Declare each table once, by name or by a pattern.",
          ])
          if startswith(table, pattern.prefix) && (table != pattern.table || sort([name, pattern.task])[0] != name)
        ]
        if !contains(lookup(local.caught_tasks, name, []), pattern.task)
        && !contains(lookup(local.caught_tasks, pattern.task, []), name)
      ]
    ]),
  )

  option_errors = concat(
    flatten([
      for path, output in local.outputs : [
        for attribute, choices in local.output_choices :
        "${path}.${attribute} is '${output[attribute]}'; it must be one of ${join(", ", choices)}."
        if output[attribute] == null ? false : !contains(choices, output[attribute])
      ]
    ]),
    [
      for path, output in local.outputs : join(" ", [
        "${path}.empty is 'replace', but ingestion_mode is '${output.ingestion_mode}'; it requires overwrite or",
        "overwrite_partitions.",
      ])
      if output.empty == "replace" && !contains(["overwrite", "overwrite_partitions"], output.ingestion_mode)
    ],
    flatten([
      for path, output in local.outputs : [
        for attribute in ["delete_when", "on_duplicate", "order_by"] :
        "${path}.${attribute} is set, but ingestion_mode is '${output.ingestion_mode}'; it requires upsert."
        if(output[attribute] == null ? false : output[attribute] != "refuse") && output.ingestion_mode != "upsert"
      ]
    ]),
    [
      for path, output in local.outputs : join(" ", [
        "${path} has on_duplicate '${output.on_duplicate == null ? "refuse" : output.on_duplicate}' and",
        "${output.order_by == null ? "no order_by" : "order_by '${output.order_by}'"}; 'last' requires order_by, and",
        "only 'last' uses it.",
      ])
      if(output.on_duplicate == "last") != (output.order_by != null)
    ],
  )

  table_errors = concat(
    flatten([
      for path, task in local.tasks : [
        for table in concat(tolist(task.input_tables), keys(task.output_tables)) : join(" ", [
          "${path} has the table ${table == null ? "null" : "'${table}'"}; it must be database.table in lowercase",
          "letters, digits and '_', without the stage's prefix.",
        ])
        if !can(regex(local.table_pattern, table)) && !try(strcontains(table, "*"), false)
        && !can(regex(local.placeholder_pattern, table))
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for table in keys(task.output_tables) : join(" ", [
          "${path} has the output table '${table}'; the suffix '__quarantine' is reserved for the rows that violate",
          "the contract of '${trimsuffix(table, "__quarantine")}'. Choose another name.",
        ])
        if endswith(table, "__quarantine")
      ]
    ]),
    local.pattern_errors,
    local.option_errors,
    [
      for each in local.declared_outputs : join(" ", [
        "${each.path}.ingestion_mode is '${each.output.ingestion_mode}'; it must be one of",
        "${join(", ", local.ingestion_modes)}.",
      ])
      if !contains(local.ingestion_modes, each.output.ingestion_mode)
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
