# Violations of the rules, as messages. The preconditions of the output report them, since a validation cannot refer to
# locals that depend on its own variable.
locals {
  # The names are parts of names of roles, queues and parameters.
  dataset_name_pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"

  dataset_attribute_errors = concat(
    [
      for name in keys(var.datasets) : join(" ", [
        "datasets has a dataset named '${name}'; a name must be 1 to 64 lowercase letters, digits and single '_'",
        "between them, starting with a letter.",
      ])
      if !can(regex(local.dataset_name_pattern, name)) || length(name) > 64
    ],
    [
      for name in keys(var.datasets) : "datasets has a dataset named 'this', which is reserved. Choose another name."
      if name == "this"
    ],
    flatten([
      for name, dataset in var.datasets : [
        for attribute in ["team", "pipeline"] : join(" ", [
          "datasets.${name}.${attribute} is ${dataset[attribute] == null ? "null" : "'${dataset[attribute]}'"}; it",
          "must be lowercase letters, digits and single '_' between them, starting with a letter.",
        ])
        if !can(regex(local.dataset_name_pattern, dataset[attribute]))
      ]
    ]),
    [
      # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
      for name, dataset in var.datasets : join(" ", [
        "datasets.${name}.source_prefix is ${dataset.source_prefix == null ? "null" : "'${dataset.source_prefix}'"};",
        "it must end with '/', such as sales/orders/, and must not start with '/' or contain '*', '?', '$' or '\\'.",
      ])
      if !can(regex("^[^/*?$\\\\][^*?$\\\\]*/$", dataset.source_prefix))
    ],
    flatten([
      for name, dataset in var.datasets : [
        for parameter, value in dataset.parameters : join(" ", [
          "datasets.${name}.parameters.${parameter} is ${value == null ? "null" : "'${value}'"}; a parameter must have",
          "a value, and a name of letters, digits and '_' other than dataset, team, source_prefix and those of the",
          "tables, which end with _table.",
        ])
        if value == null || !can(regex("^[A-Za-z_][A-Za-z0-9_]*$", parameter)) || endswith(parameter, "_table")
        || contains(["dataset", "source_prefix", "team"], parameter)
      ]
    ]),
    flatten([
      for name, dataset in var.datasets : [
        for receiver in dataset.failure_notification_receivers : join(" ", [
          "datasets.${name}.failure_notification_receivers contains '${coalesce(receiver, "null")}'; it must contain",
          "e-mail addresses, such as data-team@example.com.",
        ])
        if !can(regex("^[^@\\s,;<>]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", receiver))
      ]
    ]),
  )

  dataset_prefixes = {
    for name, dataset in var.datasets : name => dataset.source_prefix if dataset.source_prefix != null
  }
  dataset_prefix_errors = flatten([
    for name, prefix in local.dataset_prefixes : [
      for other, other_prefix in local.dataset_prefixes : join(" ", [
        "datasets.${other}.source_prefix is '${other_prefix}', which overlaps '${prefix}' of datasets.${name}. Each",
        "object must belong to one dataset.",
      ])
      if other != name && startswith(other_prefix, prefix) && (
        other_prefix != prefix || sort([name, other])[0] == name
      )
    ]
  ])

  dataset_tables = flatten([
    for name, dataset in var.datasets : [
      for key, table in dataset.tables : { path = "datasets.${name}.tables.${key}", key = key, name = table.name }
    ]
  ])
  dataset_table_errors = concat(
    [
      for table in local.dataset_tables :
      "${table.path} has the name '${table.key}'; it must be lowercase letters, digits and '_', starting with a letter."
      if !can(regex("^[a-z][a-z0-9_]*$", table.key))
    ],
    [
      for table in local.dataset_tables : join(" ", [
        "${table.path}.name is ${table.name == null ? "null" : "'${table.name}'"}; it must be database.table in",
        "lowercase letters, digits and '_', without the stage's prefix.",
      ])
      if !can(regex("^[a-z][a-z0-9_]{0,254}\\.[a-z][a-z0-9_]{0,254}$", table.name))
    ],
    [
      for name, paths in { for table in local.dataset_tables : coalesce(table.name, "null") => table.path... } :
      "${join(" and ", paths)} have the same name, '${name}'. Each table must belong to one dataset."
      if length(paths) > 1 && name != "null"
    ],
  )
}
