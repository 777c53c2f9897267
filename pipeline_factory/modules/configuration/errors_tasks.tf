# Violations of the rules, as messages. Each list has its own precondition in the output `tasks`, since a value that is
# unknown during the plan defers all rules of its list. A validation cannot refer to locals that depend on its own
# variable.
locals {
  tasks = { for name, task in local.tasks_by_name : "tasks_configuration.${name}" => task }

  main_files = {
    for path, task in local.tasks :
    path => "${task.path}/code/${lookup({ dbt = "dbt_project.yml", sql = "main.sql" }, task.type, "main.py")}"
    if task.path != null
  }

  # https://docs.aws.amazon.com/glue/latest/dg/add-job-python.html
  python_shells = ["pythonshell", "PythonShell"]

  task_errors = concat(
    length(local.tasks) == 0 ? ["tasks_configuration is empty; a pipeline has 1 to ${local.max_tasks} tasks."] : [],
    [
      for count in [length(local.tasks)] : join(" ", [
        "tasks_configuration has ${count} tasks; a pipeline has 1 to ${local.max_tasks}. Split it into pipelines that",
        "start one another.",
      ])
      if count > local.max_tasks
    ],
    [
      for name in keys(local.tasks_by_name) : join(" ", [
        "tasks_configuration has a task named '${name}'; a name must be 1 to 64 lowercase letters, digits and single",
        "'_' between them, starting with a letter.",
      ])
      if !can(regex(local.name_pattern, name)) || length(name) > 64
    ],
    [
      for name in keys(local.tasks_by_name) : join(" ", [
        "tasks_configuration.${name}: a role or repository of the domain already has the name",
        "{environment}_${var.pipeline_name}_${name}. Choose another name.",
      ])
      if contains(local.domain_suffixes, "${var.pipeline_name}_${name}")
    ],
    [
      for path, task in local.tasks :
      "${path}.type is '${task.type}'; it must be one of ${join(", ", local.task_types)}."
      if !contains(local.task_types, task.type)
    ],
    [
      for path, task in local.tasks :
      "${path}.infra_type is '${task.infra_type}'; it must be ECS, EMRServerless, Glue or Lambda."
      if !contains(concat(keys(local.infra_attributes), local.python_shells), task.infra_type)
    ],
    [
      for path, task in local.tasks :
      "${path} has the type ${task.type}, which Spark does not run. Set infra_type = \"ECS\" or \"Lambda\"."
      if contains(["dbt", "dlt"], task.type) && contains(["EMRServerless", "Glue"], task.infra_type)
    ],
    [
      for path, task in local.tasks : join(" ", [
        "${path}.infra_type is '${task.infra_type}'; Python shell jobs end at Python 3.9, and the SDK needs 3.11. Set",
        "infra_type = \"Lambda\" for a task of less than 15 minutes, otherwise \"ECS\".",
      ])
      if contains(local.python_shells, task.infra_type)
    ],
    [
      for path, task in local.tasks : join(" ", [
        "${path}.infra_type is EMRServerless, but the domain has no EMR Serverless application. Set",
        "skip_emr_serverless_sandbox_creation = false in domain_factory, or infra_type = \"ECS\".",
      ])
      if task.infra_type == "EMRServerless" && var.domain.emr_serverless == null
    ],
    [for path, task in local.tasks : "${path} has no path; it must be the task's folder." if task.path == null],
    [
      for path, file in local.main_files : join(" ", [
        "${path}: the file ${file} does not exist. A Python or dlt task requires code/main.py in its folder, a",
        "SQL task code/main.sql, a dbt task code/dbt_project.yml.",
      ])
      if !fileexists(file)
    ],
    [
      for path, task in local.tasks : join(" ", [
        "${path}: the file ${task.path}/requirements.txt does not exist. A Python, dlt or dbt task requires it; it may",
        "be empty.",
      ])
      if task.type != "sql" && task.path != null && !try(fileexists("${task.path}/requirements.txt"), true)
    ],
  )

  limit_errors = concat(
    [
      for path, task in local.tasks :
      "${path} sets timeout_minutes and infra_config.job_timeout_minutes, which are the same limit. Remove one of them."
      if task.timeout_minutes != null && task.infra_config.job_timeout_minutes != null
    ],
    [
      for name, minutes in local.timeouts :
      "tasks_configuration.${name}.timeout_minutes is ${minutes}; it must be a whole number, 1 or more."
      if minutes < 1 || floor(minutes) != minutes
    ],
    [
      for name, minutes in local.timeouts : join(" ", [
        "tasks_configuration.${name}.timeout_minutes is ${minutes}; it must be at most",
        "${var.domain.max_task_age_minutes}, the age at which the domain's failsafe stops a task.",
      ])
      if minutes > var.domain.max_task_age_minutes
    ],
    [
      # A task sends a heartbeat every 30 seconds once its container has started. The timeout must be longer.
      # https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
      for name, task in local.tasks_by_name : join(" ", [
        "tasks_configuration.${name}.heartbeat_seconds is ${task.heartbeat_seconds}; it must be a whole number, at",
        "least 60 since a container takes a while to start, and less than the task's timeout.",
      ])
      if task.heartbeat_seconds == null || contains(["Glue", "Lambda"], task.infra_type) ? false : (
        task.heartbeat_seconds < 60
        || task.heartbeat_seconds >= local.timeouts[name] * 60
        || floor(task.heartbeat_seconds) != task.heartbeat_seconds
      )
    ],
    [
      for path, task in local.tasks : "${path}.retries is ${task.retries}; it must be a whole number from 0 to 10."
      if task.retries < 0 || task.retries > 10 || floor(task.retries) != task.retries
    ],
  )

  order_errors = concat(
    [
      for path, task in local.tasks :
      "${path}.after contains null; remove it."
      if anytrue([for name in task.after : name == null])
    ],
    flatten([
      for name, task in local.tasks_by_name : [
        for other in setsubtract(task.after, setsubtract(keys(local.tasks_by_name), [name])) : (
          length(local.tasks_by_name) > 1
          ? join(" ", [
            "tasks_configuration.${name}.after contains '${other}'; it must contain other tasks of the pipeline,",
            "which are ${join(", ", setsubtract(keys(local.tasks_by_name), [name]))}.",
          ])
          : "tasks_configuration.${name}.after contains '${other}', but the pipeline has no other tasks."
        )
        if other != null
      ]
    ]),
  )

  parameter_name_errors = flatten([
    for path, task in local.tasks : [
      for name in keys(task.additional_parameters) : join(" ", [
        "${path}.additional_parameters contains '${name}'; a name must be letters, digits and '_', followed by '.$' if",
        "the value is a path.",
      ])
      if !can(regex(local.parameter_pattern, name))
    ]
  ])

  parameter_value_errors = concat(
    flatten([
      for path, task in local.tasks : [
        for name, value in task.additional_parameters : (
          value == null
          ? "${path}.additional_parameters.${name} is null; it must be a string."
          : join(" ", [
            "${path}.additional_parameters has '${name}' = '${coalesce(value, "null")}'; if the name ends with '.$',",
            "the value must be a path such as $.detail.object.key, or on ECS and Lambda an intrinsic function such",
            "as States.JsonToString($.detail)."
          ])
        )
        if value == null ? true : endswith(name, ".$") && !can(
          regex(lookup(local.path_patterns, task.infra_type, ""), value)
        )
      ]
    ]),
    flatten([
      for name in keys(local.jsonata_reasons) : [
        for parameter, value in local.tasks_by_name[name].additional_parameters : join(" ", [
          "tasks_configuration.${name}.additional_parameters has '${parameter}' = '${coalesce(value, "null")}';",
          "${local.jsonata_reasons[name]}, the value must be a path such as $.detail.object.key.",
        ])
        if(
          value == null || contains(["EMRServerless", "Glue"], local.tasks_by_name[name].infra_type) ? false
          : endswith(parameter, ".$") && can(regex(local.path_patterns.ECS, value)) && !can(
            regex(local.path_patterns.EMRServerless, value)
          )
        )
      ]
    ]),
  )

  permissions = merge(flatten([
    for path, task in local.tasks : {
      for name, permission in task.additional_permissions : "${path}.additional_permissions.${name}" => permission
    }
  ])...)

  action_errors = flatten([
    for path, permission in local.permissions : [
      for action in(permission.actions == null ? [null] : tolist(permission.actions)) : join(" ", [
        "${path}.actions has ${action == null ? "null" : "'${action}'"}; an action is service:Action or",
        "service:Prefix*, such as s3:GetObject.",
      ])
      if !can(regex(local.action_pattern, action))
    ]
  ])

  resource_errors = flatten([
    for path, permission in local.permissions : [
      for resource in(permission.resources == null ? [null] : tolist(permission.resources)) : join(" ", [
        "${path}.resources has ${resource == null ? "null" : "'${resource}'"}; a resource is an ARN, or '*' for",
        "actions without resource-level permissions.",
      ])
      if resource == null ? true : resource != "*" && !startswith(resource, "arn:")
    ]
  ])

  policy_errors = [
    for path, task in local.tasks : join(" ", [
      "${path}.additional_permissions is neither the JSON of an IAM policy, such as",
      "data.aws_iam_policy_document.load.json, nor a map of objects with actions and resources.",
    ])
    if task.additional_policy == null ? false : !can(jsondecode(task.additional_policy).Statement)
  ]
}
