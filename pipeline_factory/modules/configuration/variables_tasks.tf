variable "tasks_configuration" {
  description = "Tasks by name."
  type = map(object({
    type       = optional(string, "python")
    path       = string
    infra_type = optional(string, "ECS")
    infra_config = optional(object({
      architecture            = optional(string, "X86_64")
      cpu                     = optional(number)
      memory                  = optional(number)
      ephemeral_storage       = optional(number)
      spark_configuration     = optional(map(string))
      spark_driver_cores      = optional(number)
      spark_driver_memory     = optional(string)
      spark_executor_cores    = optional(number)
      spark_executor_memory   = optional(string)
      maximum_capacity_cpu    = optional(string)
      maximum_capacity_memory = optional(string)
      idle_timeout_minutes    = optional(number)
      job_timeout_minutes     = optional(number)
    }), {})
    input_tables = optional(set(string), [])
    output_tables = optional(map(object({
      ingestion_mode = optional(string, "append")
      upsert_keys    = optional(list(string), [])
      partition_keys = optional(list(string))
    })), {})
    additional_parameters      = optional(map(string), {})
    additional_rebuild_trigger = optional(string, "")
    additional_permissions     = optional(map(object({ actions = set(string), resources = set(string) })), {})
    additional_policy          = optional(string)
    after                      = optional(set(string), [])
    timeout_minutes            = optional(number)
    heartbeat_seconds          = optional(number)
    retries                    = optional(number, 2)
  }))
  nullable = false

  validation {
    condition     = length(var.tasks_configuration) >= 1 && length(var.tasks_configuration) <= 100
    error_message = "tasks_configuration has ${length(var.tasks_configuration)} tasks; a pipeline has 1 to 100."
  }

  validation {
    condition = alltrue([
      for name in keys(var.tasks_configuration) : can(regex(local.name_pattern, name)) && length(name) <= 64
    ])
    error_message = "Tasks ${join(", ", [
      for name in keys(var.tasks_configuration) : "'${name}'" if !can(regex(local.name_pattern, name)) || length(name) > 64
    ])}: a task's name takes words of lower-case letters and digits with one '_' between them, beginning with a letter, 64 characters at most."
  }

  validation {
    condition = length(setintersection(local.names_of_the_domain, [
      for name in keys(var.tasks_configuration) : "${var.pipeline_name}_${name}"
    ])) == 0
    error_message = "Task ${join(", ", setintersection(local.names_of_the_domain, [
      for name in keys(var.tasks_configuration) : "${var.pipeline_name}_${name}"
    ]))} (pipeline and task): the domain's own role or repository has this name. Choose another name."
  }

  validation {
    condition = alltrue([for task in var.tasks_configuration : contains(["python", "sql"], task.type)])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration : "${name}.type is '${task.type}'" if !contains(["python", "sql"], task.type)
    ])}; it must be python or sql."
  }

  validation {
    condition = alltrue([for task in var.tasks_configuration : contains(["ECS", "EMRServerless"], task.infra_type)])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_type is '${task.infra_type}'" if !contains(["ECS", "EMRServerless"], task.infra_type)
    ])}; it must be ECS or EMRServerless."
  }

  validation {
    condition = var.domain.emr_serverless != null || alltrue([
      for task in var.tasks_configuration : task.infra_type != "EMRServerless"
    ])
    error_message = "Tasks ${join(", ", [
      for name, task in var.tasks_configuration : name if task.infra_type == "EMRServerless"
    ])} run on EMRServerless, and the domain has none. Set skip_emr_serverless_sandbox_creation = false in domain_factory, or infra_type = \"ECS\"."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : fileexists("${task.path}/code/main.${task.type == "sql" ? "sql" : "py"}")
    ])
    error_message = "No file at ${join(", ", [
      for task in var.tasks_configuration :
      "${task.path}/code/main.${task.type == "sql" ? "sql" : "py"}"
      if !fileexists("${task.path}/code/main.${task.type == "sql" ? "sql" : "py"}")
    ])}. A python task needs code/main.py, a sql task code/main.sql, below its path."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : task.type == "sql" || fileexists("${task.path}/requirements.txt")
    ])
    error_message = "No file at ${join(", ", [
      for task in var.tasks_configuration :
      "${task.path}/requirements.txt" if task.type != "sql" && !fileexists("${task.path}/requirements.txt")
    ])}. A python task needs one; it may be empty."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : contains(["X86_64", "ARM64"], task.infra_config.architecture)
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config.architecture is '${task.infra_config.architecture}'"
      if !contains(["X86_64", "ARM64"], task.infra_config.architecture)
    ])}; it must be X86_64 or ARM64."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for attribute in lookup(local.foreign_attributes, task.infra_type, []) : task.infra_config[attribute] == null]
    ]))
    error_message = "${join("; ", flatten([
      for name, task in var.tasks_configuration : [
        for attribute in lookup(local.foreign_attributes, task.infra_type, []) :
        "${name}.infra_config.${attribute} has no effect on ${task.infra_type}, which takes architecture, ${join(", ", local.infra_attributes[task.infra_type])}"
        if task.infra_config[attribute] != null
      ]
    ]))}."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : contains(keys(local.fargate_memory), tostring(coalesce(task.infra_config.cpu, 1024)))
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config.cpu is ${coalesce(task.infra_config.cpu, 1024)}"
      if !contains(keys(local.fargate_memory), tostring(coalesce(task.infra_config.cpu, 1024)))
    ])}; Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : contains(
        lookup(local.fargate_memory, coalesce(task.infra_config.cpu, 1024), [coalesce(task.infra_config.memory, 2048)]),
        coalesce(task.infra_config.memory, 2048),
      )
    ])
    error_message = "${join("; ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config.memory is ${coalesce(task.infra_config.memory, 2048)}, and Fargate has for cpu ${coalesce(task.infra_config.cpu, 1024)}: ${join(", ", lookup(local.fargate_memory, coalesce(task.infra_config.cpu, 1024), []))}"
      if !contains(lookup(local.fargate_memory, coalesce(task.infra_config.cpu, 1024), []), coalesce(task.infra_config.memory, 2048))
    ])}."
  }

  validation {
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
    condition = alltrue([
      for task in var.tasks_configuration :
      coalesce(task.infra_config.ephemeral_storage, 21) >= 21 && coalesce(task.infra_config.ephemeral_storage, 21) <= 200
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config.ephemeral_storage is ${coalesce(task.infra_config.ephemeral_storage, 21)}"
      if coalesce(task.infra_config.ephemeral_storage, 21) < 21 || coalesce(task.infra_config.ephemeral_storage, 21) > 200
    ])}; it takes 21 to 200 GiB. Without it a task has 20."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for setting in keys(coalesce(task.infra_config.spark_configuration, {})) : startswith(setting, "spark.")]
    ]))
    error_message = "spark_configuration has ${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for setting in keys(coalesce(task.infra_config.spark_configuration, {})) :
        "'${setting}' in ${name}" if !startswith(setting, "spark.")
      ]
    ]))}; settings of Spark begin with 'spark.'."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration : [
        for attribute in local.spark_size_attributes :
        task.infra_config[attribute] == null || !contains(keys(coalesce(task.infra_config.spark_configuration, {})), replace(attribute, "_", "."))
      ]
    ]))
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for attribute in local.spark_size_attributes :
        "${name}.infra_config sets ${attribute} and spark_configuration[\"${replace(attribute, "_", ".")}\"]"
        if task.infra_config[attribute] != null && contains(keys(coalesce(task.infra_config.spark_configuration, {})), replace(attribute, "_", "."))
      ]
    ]))}; they are the same setting. Remove one of the two."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration : [
        for cores in [task.infra_config.spark_driver_cores, task.infra_config.spark_executor_cores] :
        cores == null || contains(local.spark_worker_cores, coalesce(cores, 1))
      ]
    ]))
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config has spark_driver_cores ${coalesce(task.infra_config.spark_driver_cores, 4)} and spark_executor_cores ${coalesce(task.infra_config.spark_executor_cores, 4)}"
      if !alltrue([
        for cores in compact([task.infra_config.spark_driver_cores, task.infra_config.spark_executor_cores]) :
        contains(local.spark_worker_cores, tonumber(cores))
      ])
    ])}; a worker of EMR Serverless has ${join(", ", local.spark_worker_cores)} cores."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration : [
        for memory in compact([task.infra_config.spark_driver_memory, task.infra_config.spark_executor_memory]) :
        can(regex(local.memory_pattern, memory))
      ]
    ]))
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for memory in compact([task.infra_config.spark_driver_memory, task.infra_config.spark_executor_memory]) :
        "${name}.infra_config has a memory of '${memory}'" if !can(regex(local.memory_pattern, memory))
      ]
    ]))}; spark_driver_memory and spark_executor_memory take a whole number of GB, or a number with its unit such as 14g or 2048m."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration :
      (task.infra_config.maximum_capacity_cpu == null) == (task.infra_config.maximum_capacity_memory == null)
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration : "${name}.infra_config"
      if(task.infra_config.maximum_capacity_cpu == null) != (task.infra_config.maximum_capacity_memory == null)
    ])} has one of maximum_capacity_cpu and maximum_capacity_memory; EMR Serverless takes both or none."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration :
      can(regex("^[1-9][0-9]*( ?(?i:vcpu))?$", coalesce(task.infra_config.maximum_capacity_cpu, "1"))) &&
      can(regex("^[1-9][0-9]*( ?(?i:gb))?$", coalesce(task.infra_config.maximum_capacity_memory, "1")))
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.infra_config has maximum_capacity_cpu '${coalesce(task.infra_config.maximum_capacity_cpu, "1")}' and maximum_capacity_memory '${coalesce(task.infra_config.maximum_capacity_memory, "1")}'"
      if !can(regex("^[1-9][0-9]*( ?(?i:vcpu))?$", coalesce(task.infra_config.maximum_capacity_cpu, "1"))) || !can(regex("^[1-9][0-9]*( ?(?i:gb))?$", coalesce(task.infra_config.maximum_capacity_memory, "1")))
    ])}; they take whole numbers of vCPU and GB, such as 16 or '16 vCPU', and 64 or '64 GB'."
  }

  validation {
    # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_AutoStopConfig.html
    condition = alltrue([
      for task in var.tasks_configuration : coalesce(task.infra_config.idle_timeout_minutes, 5) >= 1 && coalesce(task.infra_config.idle_timeout_minutes, 5) <= 10080
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration : "${name}.infra_config.idle_timeout_minutes is ${coalesce(task.infra_config.idle_timeout_minutes, 5)}"
      if coalesce(task.infra_config.idle_timeout_minutes, 5) < 1 || coalesce(task.infra_config.idle_timeout_minutes, 5) > 10080
    ])}; EMR Serverless takes 1 to 10080."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : task.timeout_minutes == null || task.infra_config.job_timeout_minutes == null
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration : "${name} sets timeout_minutes and infra_config.job_timeout_minutes"
      if task.timeout_minutes != null && task.infra_config.job_timeout_minutes != null
    ])}; they are the same limit. Remove one of the two."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for table in concat(tolist(task.input_tables), keys(task.output_tables)) : can(regex(local.table_pattern, table))]
    ]))
    error_message = "Tables ${join(", ", distinct(flatten([
      for task in var.tasks_configuration : [
        for table in concat(tolist(task.input_tables), keys(task.output_tables)) :
        "'${table}'" if !can(regex(local.table_pattern, table))
      ]
    ])))}: a table is database.table in lower-case letters, digits and '_', without the stage's prefix."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for output in task.output_tables : contains(local.ingestion_modes, output.ingestion_mode)]
    ]))
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for table, output in task.output_tables :
        "${name} writes ${table} with ingestion_mode '${output.ingestion_mode}'"
        if !contains(local.ingestion_modes, output.ingestion_mode)
      ]
    ]))}; it must be one of ${join(", ", local.ingestion_modes)}."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for output in task.output_tables : output.ingestion_mode != "upsert" || length(output.upsert_keys) > 0]
    ]))
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for table, output in task.output_tables :
        "${name} upserts ${table}"
        if output.ingestion_mode == "upsert" && length(output.upsert_keys) == 0
      ]
    ]))} without upsert_keys. Name the columns that identify a row."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : task.type != "sql" || length(task.output_tables) == 1
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name} has ${length(task.output_tables)} output_tables" if task.type == "sql" && length(task.output_tables) != 1
    ])}; a sql task has one, which takes its query's rows. Split the task, or write it in Python."
  }

  validation {
    condition = alltrue([
      for tasks in transpose({
        for name, task in var.tasks_configuration :
        name => [for table, output in task.output_tables : table if output.ingestion_mode == "overwrite"]
      }) : length(tasks) == 1
    ])
    error_message = "Tables ${join(", ", [
      for table, tasks in transpose({
        for name, task in var.tasks_configuration :
        name => [for table, output in task.output_tables : table if output.ingestion_mode == "overwrite"]
      }) : "${table} (by ${join(" and ", tasks)})" if length(tasks) > 1
    ])} are overwritten by several tasks, and only the last one's rows would stay. Give each its own table, or another ingestion_mode."
  }

  validation {
    condition = alltrue([
      for name, task in var.tasks_configuration :
      length(setsubtract(task.after, setsubtract(keys(var.tasks_configuration), [name]))) == 0
    ])
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration :
      [for other in setsubtract(task.after, setsubtract(keys(var.tasks_configuration), [name])) : "${name} runs after '${other}'"]
    ]))}; `after` takes other tasks of the pipeline: ${join(", ", keys(var.tasks_configuration))}."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : alltrue([
        for minutes in [coalesce(task.timeout_minutes, task.infra_config.job_timeout_minutes, 60)] :
        minutes >= 1 && minutes <= var.domain.max_task_age_minutes && floor(minutes) == minutes
      ])
    ])
    error_message = "${join(", ", flatten([
      for name, task in var.tasks_configuration : [
        for minutes in [coalesce(task.timeout_minutes, task.infra_config.job_timeout_minutes, 60)] :
        "${name}.timeout_minutes is ${minutes}"
        if minutes < 1 || minutes > var.domain.max_task_age_minutes || floor(minutes) != minutes
      ]
    ]))}; it takes whole minutes from 1 to ${var.domain.max_task_age_minutes}, the age at which the domain's failsafe stops a task."
  }

  validation {
    # A task sends a heartbeat every 30 seconds, once its container has started; and the timeout is the longer one.
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    condition = alltrue([
      for task in var.tasks_configuration : task.heartbeat_seconds == null || alltrue([
        for seconds in [coalesce(task.heartbeat_seconds, 60)] :
        seconds >= 60 && seconds < coalesce(task.timeout_minutes, task.infra_config.job_timeout_minutes, 60) * 60 && floor(seconds) == seconds
      ])
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration : "${name}.heartbeat_seconds is ${coalesce(task.heartbeat_seconds, 60)}"
      if task.heartbeat_seconds != null
    ])}; it takes whole seconds from 60, since a container takes a while to start, and fewer than the task's timeout."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : task.retries >= 0 && task.retries <= 10 && floor(task.retries) == task.retries
    ])
    error_message = "${join(", ", [
      for name, task in var.tasks_configuration :
      "${name}.retries is ${task.retries}" if task.retries < 0 || task.retries > 10 || floor(task.retries) != task.retries
    ])}; it takes 0 to 10."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for name in keys(task.additional_parameters) : can(regex(local.parameter_pattern, name))]
    ]))
    error_message = "additional_parameters has ${join(", ", flatten([
      for task in var.tasks_configuration :
      [for name in keys(task.additional_parameters) : "'${name}'" if !can(regex(local.parameter_pattern, name))]
    ]))}; a name takes letters, digits and '_', and '.$' at its end where the value is a path."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration : [
        for name, value in task.additional_parameters :
        !endswith(name, ".$") || can(regex(lookup(local.path_patterns, task.infra_type, ""), value))
      ]
    ]))
    error_message = "additional_parameters has ${join(", ", flatten([
      for task in var.tasks_configuration : [
        for name, value in task.additional_parameters :
        "'${name}' = '${value}'"
        if endswith(name, ".$") && !can(regex(lookup(local.path_patterns, task.infra_type, ""), value))
      ]
    ]))}; a value whose name ends with '.$' is a path such as $.detail.object.key, or for ECS an intrinsic function such as States.JsonToString($.detail)."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration :
      [for permission in task.additional_permissions : [for action in permission.actions : can(regex(local.action_pattern, action))]]
    ]))
    error_message = "additional_permissions has ${join(", ", flatten([
      for task in var.tasks_configuration : [
        for permission in task.additional_permissions :
        [for action in permission.actions : "'${action}'" if !can(regex(local.action_pattern, action))]
      ]
    ]))}; an action is service:Action or service:Prefix*, such as s3:GetObject."
  }

  validation {
    condition = alltrue(flatten([
      for task in var.tasks_configuration : [
        for permission in task.additional_permissions :
        [for resource in permission.resources : resource == "*" || startswith(resource, "arn:")]
      ]
    ]))
    error_message = "additional_permissions has ${join(", ", flatten([
      for task in var.tasks_configuration : [
        for permission in task.additional_permissions :
        [for resource in permission.resources : "'${resource}'" if resource != "*" && !startswith(resource, "arn:")]
      ]
    ]))}; a resource is an ARN, or '*' for actions that have none."
  }

  validation {
    condition = alltrue([
      for task in var.tasks_configuration : can(jsondecode(coalesce(task.additional_policy, "{\"Statement\": []}")).Statement)
    ])
    error_message = "additional_permissions of ${join(", ", [
      for name, task in var.tasks_configuration : name if !can(jsondecode(coalesce(task.additional_policy, "{\"Statement\": []}")).Statement)
    ])} is neither the JSON of an IAM policy, such as data.aws_iam_policy_document.load.json, nor a map of objects with actions and resources."
  }
}
