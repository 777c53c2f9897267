# Violations of the rules for the trigger, as in errors_tasks.tf.
locals {
  trigger = var.trigger

  trigger_type_errors = concat(
    [
      for type in [local.trigger.type] : "trigger.type is '${type}'; it must be none, schedule, s3 or event."
      if !contains(["none", "schedule", "s3", "event"], type)
    ],
    [
      for type in [local.trigger.type] : join(" ", [
        "trigger.type is 'none' and trigger.argument is '${coalesce(local.trigger.argument, "null")}', which must be",
        "'none'. To start the pipeline by a schedule or an event, set type to schedule, s3 or event.",
      ])
      if type == "none" && !contains(["none", "null"], coalesce(local.trigger.argument, "null"))
    ],
    [
      for attribute in local.aliased_attribute[*] : join(" ", [
        "trigger.argument is '${coalesce(local.trigger.argument, "null")}' and trigger.${attribute} is",
        "'${coalesce(local.trigger[attribute], "null")}'; they are the same setting. Remove one of them.",
      ])
      if local.trigger.argument != null && local.trigger.argument != local.trigger[attribute]
    ],
    [
      for type in [local.trigger.type] :
      "trigger.start_disabled is true, but trigger.type is 'none', which starts nothing. Remove start_disabled."
      if type == "none" && local.trigger.start_disabled
    ],
    flatten([
      for type, attribute in local.argument_attributes : [
        for value in [coalesce(local.trigger[attribute], "null")] : join(" ", [
          "trigger.type is '${local.trigger.type}' and trigger.${attribute} is '${value}'; type ${type} requires",
          "${attribute}, and the other types do not support it.",
        ])
        if(local.trigger.type == type) != (local.trigger[attribute] != null)
      ]
    ]),
  )

  argument_attributes = { schedule = "schedule", s3 = "bucket", event = "event_pattern" }
  aliased_attribute   = lookup(local.argument_attributes, local.trigger.type, null)

  trigger_schedule_errors = concat(
    [
      for schedule in local.trigger.schedule[*] : join(" ", [
        "trigger.schedule is '${schedule}'; it must be cron(minutes hours day-of-month month day-of-week year),",
        "rate(number unit) or at(yyyy-mm-ddThh:mm:ss), such as cron(0 6 ? * MON-FRI *), rate(1 hour) or",
        "at(2026-03-01T06:00:00).",
      ])
      if !can(regex(local.schedule_pattern, schedule))
    ],
    [
      for schedule in local.trigger.schedule[*] : join(" ", [
        "trigger.schedule is '${schedule}'; either day-of-month or day-of-week, its third and fifth fields, must be",
        "'?'.",
      ])
      if can(regex("^cron\\((?:\\S+ ){5}\\S+\\)$", schedule))
      && !can(regex("^cron\\(\\S+ \\S+ (?:\\? \\S+ [^?\\s]+|[^?\\s]+ \\S+ \\?) \\S+\\)$", schedule))
    ],
    [
      for zone in [local.trigger.time_zone] :
      "trigger.time_zone is '${zone}'; it must be a name in the tz database, such as Europe/Paris."
      if !can(regex("^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*$", zone))
    ],
    [
      for type in [local.trigger.type] :
      "trigger.type is '${type}' and trigger.time_zone is '${local.trigger.time_zone}'; only type schedule supports it."
      if type != "schedule" && local.trigger.time_zone != "UTC"
    ],
  )

  trigger_s3_errors = concat(
    flatten([
      for attribute in ["prefix", "suffix"] : [
        for value in [local.trigger[attribute]] : concat(
          [
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
            for character in ["*", "\\"] : "trigger.${attribute} is '${value}'; it must not contain '*' or '\\'."
            if strcontains(value, character)
          ],
          [
            for type in [local.trigger.type] :
            "trigger.type is '${type}' and trigger.${attribute} is '${value}'; only type s3 supports ${attribute}."
            if type != "s3" && value != ""
          ],
        )
      ]
    ]),
    [
      # https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceSqsQueueParameters.html
      for seconds in local.trigger.batch_window_seconds[*] :
      "trigger.batch_window_seconds is ${seconds}; it must be 1 to 300, and requires type s3."
      if local.trigger.type != "s3" || seconds < 1 || seconds > 300
    ],
    [
      for size in [local.trigger.batch_size] :
      "trigger.batch_size is ${size}; it must be a whole number from 1 to 10000."
      if size < 1 || size > 10000 || floor(size) != size
    ],
    [
      for size in [local.trigger.batch_size] : join(" ", [
        "trigger.batch_size is ${size} and has no effect without trigger.batch_window_seconds. Set",
        "batch_window_seconds, or remove batch_size.",
      ])
      if size != 20 && local.trigger.batch_window_seconds == null
    ],
  )

  trigger_event_errors = concat(
    [
      for pattern in local.trigger.event_pattern[*] : join(" ", [
        "trigger.event_pattern is '${pattern}'; it must be a non-empty JSON object, such as {\"source\":",
        "[\"shop.orders\"]}.",
      ])
      if try(length(keys(jsondecode(pattern))) == 0, true)
    ],
    [
      for parameters in [local.trigger.parameters] : "trigger.parameters is '${parameters}'; it must be a JSON object."
      if !can(keys(jsondecode(parameters)))
    ],
  )
}
