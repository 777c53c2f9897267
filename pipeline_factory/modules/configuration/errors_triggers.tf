# Violations of the rules for triggers, as in errors_tasks.tf.
locals {
  triggers = { for name, trigger in var.triggers : name == "this" ? "trigger" : "triggers.${name}" => trigger }

  trigger_type_errors = concat(
    [
      for name in keys(var.triggers) : join(" ", [
        "triggers has a trigger named '${name}'; a name must be 1 to 64 lowercase letters, digits and single '_'",
        "between them, starting with a letter.",
      ])
      if !can(regex(local.name_pattern, name)) || length(name) > 64
    ],
    [
      for name in keys(var.triggers) : join(" ", [
        "triggers has a trigger named 'notifications', which is the name of the queue of undelivered failure",
        "notifications. Choose another name.",
      ])
      if name == "notifications"
    ],
    [
      for path, trigger in local.triggers :
      "${path}.type is '${trigger.type}'; it must be ${path == "trigger" ? "none, " : ""}schedule, s3 or event."
      if !contains(concat(keys(local.argument_attributes), path == "trigger" ? ["none"] : []), trigger.type)
    ],
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.type is 'none' and ${path}.argument is '${coalesce(trigger.argument, "null")}', which must be",
        "'none'. To start the pipeline by a schedule or an event, set type to schedule, s3 or event.",
      ])
      if trigger.type == "none" && !contains(["none", "null"], coalesce(trigger.argument, "null"))
    ],
    [
      for path, trigger in local.triggers :
      "${path}.start_disabled is true, but ${path}.type is 'none', which starts nothing. Remove start_disabled."
      if trigger.type == "none" && trigger.start_disabled
    ],
  )

  # The attribute that a type requires, and that `argument` is an alias of.
  argument_attributes = { schedule = "schedule", s3 = "bucket", event = "event_pattern" }

  trigger_argument_errors = concat(
    flatten([
      for path, trigger in local.triggers : [
        for attribute in lookup(local.argument_attributes, trigger.type, null)[*] : join(" ", [
          "${path}.argument is '${coalesce(trigger.argument, "null")}' and ${path}.${attribute} is",
          "'${coalesce(trigger[attribute], "null")}'; they are the same setting. Remove one of them.",
        ])
        if trigger.argument != null && trigger.argument != trigger[attribute]
      ]
    ]),
    flatten([
      for path, trigger in local.triggers : [
        for type, attribute in local.argument_attributes : join(" ", [
          "${path}.type is '${trigger.type}' and ${path}.${attribute} is '${coalesce(trigger[attribute], "null")}';",
          "type ${type} requires ${attribute}, and the other types do not support it.",
        ])
        if(trigger.type == type) != (trigger[attribute] != null)
      ]
    ]),
  )

  trigger_schedule_errors = concat(
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.schedule is '${trigger.schedule}'; it must be cron(minutes hours day-of-month month day-of-week",
        "year), rate(number unit) or at(yyyy-mm-ddThh:mm:ss), such as cron(0 6 ? * MON-FRI *), rate(1 hour) or",
        "at(2026-03-01T06:00:00).",
      ])
      if trigger.schedule != null && !can(regex(local.schedule_pattern, trigger.schedule))
    ],
    [
      for path, trigger in local.triggers :
      "${path}.schedule is '${trigger.schedule}', which is not a date and time of the calendar."
      if can(regex("^at\\(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\)$", trigger.schedule))
      && !can(timeadd("${trimsuffix(trimprefix(trigger.schedule, "at("), ")")}Z", "0s"))
    ],
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.schedule is '${trigger.schedule}'; either day-of-month or day-of-week, its third and fifth fields,",
        "must be '?'.",
      ])
      if can(regex("^cron\\((?:\\S+ ){5}\\S+\\)$", trigger.schedule))
      && !can(regex("^cron\\(\\S+ \\S+ (?:\\? \\S+ [^?\\s]+|[^?\\s]+ \\S+ \\?) \\S+\\)$", trigger.schedule))
    ],
    [
      for path, trigger in local.triggers :
      "${path}.time_zone is '${trigger.time_zone}'; it must be a name in the tz database, such as Europe/Paris."
      if !can(regex(local.time_zone_pattern, trigger.time_zone))
    ],
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.type is '${trigger.type}' and ${path}.time_zone is '${trigger.time_zone}'; only type schedule",
        "supports it.",
      ])
      if trigger.type != "schedule" && trigger.time_zone != "UTC"
    ],
  )

  trigger_bucket_errors = [
    for path, trigger in local.triggers : join(" ", [
      "${path}.bucket is '${trigger.bucket}'; it must be the name of a bucket, such as shop-inbox: 3 to 63 lowercase",
      "letters, digits, '-' and '.', starting and ending with a letter or digit.",
    ])
    if trigger.type == "s3" && trigger.bucket != null && !can(regex("^${local.bucket_pattern}$", trigger.bucket))
  ]

  trigger_s3_errors = concat(
    flatten([
      for path, trigger in local.triggers : [
        for attribute in ["prefix", "suffix"] : concat(
          [
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
            for character in ["*", "\\"] :
            "${path}.${attribute} is '${trigger[attribute]}'; it must not contain '*' or '\\'."
            if strcontains(trigger[attribute], character)
          ],
          [
            for value in [trigger[attribute]] :
            "${path}.type is '${trigger.type}' and ${path}.${attribute} is '${value}'; only type s3 supports it."
            if trigger.type != "s3" && value != ""
          ],
        )
      ]
    ]),
    [
      # https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceSqsQueueParameters.html
      for path, trigger in local.triggers :
      "${path}.batch_window_seconds is ${trigger.batch_window_seconds}; it must be 1 to 300, and requires type s3."
      if trigger.batch_window_seconds == null ? false : (
        trigger.type != "s3" || trigger.batch_window_seconds < 1 || trigger.batch_window_seconds > 300
      )
    ],
    [
      for path, trigger in local.triggers :
      "${path}.batch_size is ${trigger.batch_size}; it must be a whole number from 1 to 10000."
      if trigger.batch_size < 1 || trigger.batch_size > 10000 || floor(trigger.batch_size) != trigger.batch_size
    ],
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.batch_size is ${trigger.batch_size} and has no effect without ${path}.batch_window_seconds. Set",
        "batch_window_seconds, or remove batch_size.",
      ])
      if trigger.batch_size != 20 && trigger.batch_window_seconds == null
    ],
  )

  # Fields of the input that a trigger sets.
  trigger_fields = { schedule = ["time"], s3 = ["detail", "time"], event = ["detail", "time"] }

  trigger_event_errors = concat(
    [
      for path, trigger in local.triggers : join(" ", [
        "${path}.event_pattern is '${trigger.event_pattern}'; it must be a non-empty JSON object, such as",
        "{\"source\": [\"shop.orders\"]}.",
      ])
      if trigger.event_pattern != null && try(length(keys(jsondecode(trigger.event_pattern))) == 0, true)
    ],
    [
      for path, trigger in local.triggers :
      "${path}.parameters is '${trigger.parameters}'; it must be a JSON object."
      if !can(keys(jsondecode(trigger.parameters)))
    ],
    flatten([
      for path, trigger in local.triggers : [
        for name in setintersection(
          try(keys(jsondecode(trigger.parameters)), []), lookup(local.trigger_fields, trigger.type, []),
        ) : "${path}.parameters contains '${name}', which type ${trigger.type} sets itself. Choose another name."
      ]
    ]),
  )
}
