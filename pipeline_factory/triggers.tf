# What starts the pipeline, by name of the trigger. The key of the variable `trigger` is `this`.
locals {
  schedules       = { for name, trigger in local.triggers : name => trigger if trigger.type == "schedule" }
  object_triggers = { for name, trigger in local.triggers : name => trigger if trigger.type == "s3" }
  event_triggers  = { for name, trigger in local.triggers : name => trigger if trigger.type == "event" }
  batched_triggers = {
    for name, trigger in local.object_triggers : name => trigger if trigger.batch_window_seconds != null
  }

  trigger_names     = module.trigger_names.names
  dead_letter_names = module.dead_letter_names.names
  trigger_name_suffixes = {
    for name in keys(local.triggers) : name => name == "this" ? "" : "-${trimprefix(name, "this-")}"
  }

  event_rules = merge(aws_cloudwatch_event_rule.s3, aws_cloudwatch_event_rule.event)

  # Only some fields of an object's event, since ECS limits overrides to 8192 characters.
  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
  event_details = {
    event = "<detail>"
    s3    = { bucket = { name = "<bucket>" }, object = { key = "<key>", size = "<size>" } }
  }
  # EventBridge replaces <name> with the value as JSON, including the quotes of a string.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
  event_inputs = {
    for name, trigger in merge(local.object_triggers, local.event_triggers) : name => replace(
      jsonencode(merge(
        jsondecode(trigger.parameters), { time = "<time>", detail = local.event_details[trigger.type] },
      )),
      "/\"\\\\u003c([a-z]+)\\\\u003e\"/", "<$1>",
    )
  }
}

module "trigger_names" {
  source = "../modules/names"
  names  = { for name, suffix in local.trigger_name_suffixes : name => "${local.full_name}-trigger${suffix}" }
}

module "dead_letter_names" {
  source = "../modules/names"
  names  = { for name, suffix in local.trigger_name_suffixes : name => "${local.full_name}-dead-letters${suffix}" }
}

# An update of a rule sets the state of the configuration, although the plan ignores its changes.
# https://github.com/hashicorp/terraform-provider-aws/issues/35077
check "states_of_rules" {
  assert {
    condition = length(local.changed_rules) == 0
    error_message = join("\n", [
      for name, rule in local.changed_rules : join(" ", [
        "The rule ${rule.name} is ${rule.state}, but start_disabled of its trigger is",
        "${local.triggers[name].start_disabled}. A change of bucket, prefix, suffix or event_pattern will reset its",
        "state; to keep it, set start_disabled = ${!local.triggers[name].start_disabled}.",
      ])
    ])
  }
}

locals {
  changed_rules = {
    for name, rule in local.event_rules :
    name => rule if(rule.state == "DISABLED") != local.triggers[name].start_disabled
  }
}
