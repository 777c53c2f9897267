# Violations of the rules, as messages. The preconditions of the outputs report them, since a validation cannot refer to
# locals that depend on its own variable.
locals {
  layer_databases = { for name, layer in var.layers : name => coalesce(layer.database, "${var.domain_name}_${name}") }

  layer_errors = concat(
    flatten([
      for name, layer in var.layers : [
        for given in concat([name], layer.database[*]) :
        "layers.${name} has the name '${given}'; it must be lowercase letters, digits and '_', starting with a letter."
        if !can(regex("^[a-z][a-z0-9_]*$", given))
      ]
    ]),
    [
      for name in keys(var.layers) : "layers.domain is reserved for the domain's own database. Choose another name."
      if name == "domain"
    ],
    [
      for database, names in transpose({
        for name, database in merge({ domain = var.domain_name }, local.layer_databases) : name => [database]
      }) :
      "layers: ${join(" and ", names)} have the same database, ${database}. Set a different one for each."
      if length(names) > 1
    ],
    [
      # https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
      for name, database in local.layer_databases : join(" ", [
        "layers.${name}: the database name ${var.stage_name}_${database} exceeds 255 characters, the limit of Glue.",
      ])
      if length("${var.stage_name}_${database}") > 255
    ],
    [
      for name, layer in var.layers :
      "layers.${name}.description has ${length(layer.description)} characters; the limit of Glue is 2048."
      if length(layer.description) > 2048
    ],
  )

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  log_days = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ]

  data_retention_errors = concat(
    [
      for name in ["old_version_days", "unfinished_upload_days", "query_result_days"] :
      "data_retention.${name} is ${var.data_retention[name]}; it must be a whole number, 1 or more."
      if var.data_retention[name] < 1 || floor(var.data_retention[name]) != var.data_retention[name]
    ],
    [
      for days in [var.data_retention.log_days] :
      "data_retention.log_days is ${days}; CloudWatch supports ${join(", ", local.log_days)}."
      if !contains(local.log_days, days)
    ],
    [
      # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html
      for days in var.data_retention.archive_after_days[*] :
      "data_retention.archive_after_days is ${days}; it must be a whole number from 90 to 730, or null."
      if days < 90 || days > 730 || floor(days) != days
    ],
  )

  alarm_errors = concat(
    [
      for name in ["failed_executions", "queue_age_minutes", "throttled_transitions"] :
      "alarms.${name} is ${var.alarms[name]}; it must be a whole number, 1 or more."
      if var.alarms[name] < 1 || floor(var.alarms[name]) != var.alarms[name]
    ],
    [
      for minutes in [var.alarms.execution_minutes] : join(" ", [
        "alarms.execution_minutes is ${minutes}; it must be a whole number, 5 or more, since the failsafe measures",
        "executions every 5 minutes.",
      ])
      if minutes < 5 || floor(minutes) != minutes
    ],
  )

  failure_report_errors = concat(
    [
      for arn in var.failure_reports.slack_secret_arn[*] : join(" ", [
        "failure_reports.slack_secret_arn is '${arn}'; it must be the ARN of a secret, such as",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-a1b2c3.",
      ])
      if !can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[\\w/+=.@-]+$", arn))
    ],
    [
      for channel in var.failure_reports.slack_channel[*] :
      "failure_reports.slack_channel is '${channel}'; it must be a name such as #operations, or an ID."
      if !can(regex("^#?[^\\s#,]{1,80}$", channel))
    ],
    [
      for channel in var.failure_reports.slack_channel[*] : join(" ", [
        "failure_reports.slack_channel is '${channel}' and has no effect without slack_secret_arn; set both, or",
        "neither.",
      ])
      if var.failure_reports.slack_secret_arn == null
    ],
  )

  freshness_check_errors = [
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
    for schedule in var.freshness_check.schedule[*] : join(" ", [
      "freshness_check.schedule is '${schedule}'; it must be rate(1 hour), rate(… minutes), rate(… hours),",
      "rate(… days) or cron(minutes hours day-of-month month day-of-week year).",
    ])
    if !can(regex(join("|", [
      "^rate\\((1 (minute|hour|day)|([2-9]|[1-9]\\d+) (minutes|hours|days))\\)$",
      "^cron\\((\\S+ ){5}\\S+\\)$",
    ]), schedule))
  ]

  bedrock_model_id_errors = [
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_FoundationModelSummary.html
    for size, id in var.bedrock_model_ids : join(" ", [
      "bedrock_model_ids.${size} is '${id}'; it must be a model id such as amazon.nova-lite-v1:0 or",
      "eu.amazon.nova-lite-v1:0, not a name or an ARN.",
    ])
    if !can(regex("^([a-z-]{2,12}\\.)?[a-z0-9-]{1,63}\\.[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63})*(:[a-z0-9]{1,12})*$", id))
  ]
}
