variable "trigger" {
  description = "What starts the pipeline. `argument` is another name of the schedule, the bucket or the event_pattern, by the type."
  type = object({
    type                 = optional(string, "none")
    argument             = optional(string)
    start_disabled       = optional(bool, false)
    schedule             = optional(string)
    time_zone            = optional(string, "UTC")
    bucket               = optional(string)
    prefix               = optional(string, "")
    suffix               = optional(string, "")
    batch_window_seconds = optional(number)
    batch_size           = optional(number, 20)
    event_pattern        = optional(string)
    parameters           = optional(string, "{}")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["none", "schedule", "s3", "event"], var.trigger.type)
    error_message = "trigger.type is '${var.trigger.type}'; it must be none, schedule, s3 or event."
  }

  validation {
    condition = var.trigger.argument == null || var.trigger.argument == lookup(
      { none = "none", schedule = var.trigger.schedule, s3 = var.trigger.bucket, event = var.trigger.event_pattern }, var.trigger.type, var.trigger.argument,
    )
    error_message = (
      var.trigger.type == "none"
      ? "trigger.type is 'none' and trigger.argument is '${coalesce(var.trigger.argument, "null")}'; type none takes no argument, or 'none'. To start the pipeline by the argument, set type to schedule, s3 or event."
      : "trigger.argument is '${coalesce(var.trigger.argument, "null")}' and trigger.${lookup({ schedule = "schedule", s3 = "bucket", event = "event_pattern" }, var.trigger.type, "type")} is '${coalesce(lookup({ schedule = var.trigger.schedule, s3 = var.trigger.bucket, event = var.trigger.event_pattern }, var.trigger.type, "null"), "null")}'; they are one setting. Remove one of the two."
    )
  }

  validation {
    condition     = !var.trigger.start_disabled || var.trigger.type != "none"
    error_message = "trigger.start_disabled is true, and trigger.type is 'none': nothing starts the pipeline anyway. Remove start_disabled."
  }

  validation {
    condition     = (var.trigger.type == "schedule") == (var.trigger.schedule != null)
    error_message = "trigger.type is '${var.trigger.type}' and trigger.schedule is '${coalesce(var.trigger.schedule, "null")}'; type schedule takes a schedule, and no other type does."
  }

  validation {
    condition     = var.trigger.schedule == null || can(regex(local.schedule_pattern, var.trigger.schedule))
    error_message = "trigger.schedule is '${coalesce(var.trigger.schedule, "null")}'; it must be cron(minutes hours day-of-month month day-of-week year), rate(number unit) or at(yyyy-mm-ddThh:mm:ss), such as cron(0 6 ? * MON-FRI *), rate(1 hour) or at(2026-03-01T06:00:00)."
  }

  validation {
    condition     = !can(regex("^cron\\((?:\\S+ ){5}\\S+\\)$", var.trigger.schedule)) || can(regex("^cron\\(\\S+ \\S+ (?:\\? \\S+ [^?\\s]+|[^?\\s]+ \\S+ \\?) \\S+\\)$", var.trigger.schedule))
    error_message = "trigger.schedule is '${coalesce(var.trigger.schedule, "null")}'; of day-of-month and day-of-week, its third and fifth field, one must be '?'."
  }

  validation {
    condition     = can(regex("^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*$", var.trigger.time_zone))
    error_message = "trigger.time_zone is '${var.trigger.time_zone}'; it must be a name of the tz database, such as Europe/Paris."
  }

  validation {
    condition     = var.trigger.type == "schedule" || var.trigger.time_zone == "UTC"
    error_message = "trigger.type is '${var.trigger.type}' and trigger.time_zone is '${var.trigger.time_zone}'; only type schedule takes a time_zone."
  }

  validation {
    condition     = (var.trigger.type == "s3") == (var.trigger.bucket != null)
    error_message = "trigger.type is '${var.trigger.type}' and trigger.bucket is '${coalesce(var.trigger.bucket, "null")}'; type s3 takes a bucket, and no other type does."
  }

  validation {
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching
    condition     = !can(regex("[*\\\\]", "${var.trigger.prefix}${var.trigger.suffix}"))
    error_message = "trigger.prefix is '${var.trigger.prefix}' and trigger.suffix is '${var.trigger.suffix}'; they are plain text, without '*' and '\\'."
  }

  validation {
    condition     = var.trigger.type == "s3" || "${var.trigger.prefix}${var.trigger.suffix}" == ""
    error_message = "trigger.type is '${var.trigger.type}', trigger.prefix is '${var.trigger.prefix}' and trigger.suffix is '${var.trigger.suffix}'; only type s3 takes a prefix or suffix."
  }

  validation {
    # https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceSqsQueueParameters.html
    condition     = var.trigger.batch_window_seconds == null || (var.trigger.type == "s3" && coalesce(var.trigger.batch_window_seconds, 1) >= 1 && coalesce(var.trigger.batch_window_seconds, 1) <= 300)
    error_message = "trigger.batch_window_seconds is ${coalesce(var.trigger.batch_window_seconds, 0)}; it takes 1 to 300 seconds, with type s3."
  }

  validation {
    condition     = var.trigger.batch_size >= 1 && var.trigger.batch_size <= 10000 && floor(var.trigger.batch_size) == var.trigger.batch_size
    error_message = "trigger.batch_size is ${var.trigger.batch_size}; it takes 1 to 10000."
  }

  validation {
    condition     = var.trigger.batch_window_seconds != null || var.trigger.batch_size == 20
    error_message = "trigger.batch_size is ${var.trigger.batch_size} and has no effect without trigger.batch_window_seconds. Set batch_window_seconds, or remove batch_size."
  }

  validation {
    condition     = (var.trigger.type == "event") == (var.trigger.event_pattern != null)
    error_message = "trigger.type is '${var.trigger.type}' and trigger.event_pattern is '${coalesce(var.trigger.event_pattern, "null")}'; type event takes a pattern, and no other type does."
  }

  validation {
    condition     = var.trigger.event_pattern == null || try(length(keys(jsondecode(var.trigger.event_pattern))) > 0, false)
    error_message = "trigger.event_pattern is '${coalesce(var.trigger.event_pattern, "null")}'; it must be a JSON object that is not empty, such as {\"source\": [\"shop.orders\"]}."
  }

  validation {
    condition     = can(keys(jsondecode(var.trigger.parameters)))
    error_message = "trigger.parameters is '${var.trigger.parameters}'; it must be a JSON object."
  }
}
