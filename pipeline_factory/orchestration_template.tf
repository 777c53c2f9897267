# A user's template instead of the generated definition: each placeholder is replaced with the fields of a task's state.
locals {
  template        = local.has_template ? file(var.orchestration_configuration_template_file_path) : ""
  template_pieces = regexall("\\$\\{___[A-Z0-9_]+___\\}|[^$]+|\\$", local.template)
  placeholders    = { for name in keys(local.tasks) : "$${___${upper(name)}_CONFIGURATION___}" => name }

  unknown_placeholders = [
    for piece in distinct(local.template_pieces) : piece
    if startswith(piece, "$${___") && !contains(keys(local.placeholders), piece)
  ]
  missing_placeholders = [
    for placeholder in keys(local.placeholders) : placeholder
    if local.has_template && !contains(local.template_pieces, placeholder)
  ]

  # The template with each placeholder replaced with a field of the same name, which makes it valid JSON. State machines
  # and states are searched to a depth of four.
  marked_template = join(
    "",
    [for piece in local.template_pieces : startswith(piece, "$${___") ? "${jsonencode(piece)}: null" : piece],
  )
  is_template_json = !local.has_template || can(jsondecode(local.marked_template))
  machines_1       = local.has_template && local.is_template_json ? [jsondecode(local.marked_template)] : []
  states_1         = flatten([for machine in local.machines_1 : values(try(machine.States, {}))])
  machines_2 = flatten([
    for state in local.states_1 : [try(state.Branches, []), try(state.ItemProcessor, []), try(state.Iterator, [])]
  ])
  states_2 = flatten([for machine in local.machines_2 : values(try(machine.States, {}))])
  machines_3 = flatten([
    for state in local.states_2 : [try(state.Branches, []), try(state.ItemProcessor, []), try(state.Iterator, [])]
  ])
  states_3 = flatten([for machine in local.machines_3 : values(try(machine.States, {}))])
  machines_4 = flatten([
    for state in local.states_3 : [try(state.Branches, []), try(state.ItemProcessor, []), try(state.Iterator, [])]
  ])
  states_4        = flatten([for machine in local.machines_4 : values(try(machine.States, {}))])
  template_states = concat(local.states_1, local.states_2, local.states_3, local.states_4)

  # The fields that the template itself sets in the state of each task, for each occurrence of the placeholder.
  fields_in_template = {
    for placeholder, name in local.placeholders : name => [
      for state in local.template_states : { for field, value in state : field => value if field != placeholder }
      if contains(keys(state), placeholder)
    ]
  }
  misplaced_placeholders = [
    for placeholder, name in local.placeholders : placeholder
    if(
      local.is_template_json
      && contains(local.template_pieces, placeholder)
      && length(local.fields_in_template[name]) == 0
    )
  ]

  # JSON does not define the meaning of duplicate keys, so fields of the template replace those of the task.
  filled_states = {
    for name, state in local.states : name => {
      for field, value in merge(state, local.shorter_heartbeats[name]) : field => value
      if !contains(local.replaced_fields[name], field) && !contains(local.replaced_fields[name], "${field}Path")
    }
  }
  replaced_fields = {
    for name, states in local.fields_in_template : name => distinct(flatten([for state in states : keys(state)]))
  }
  shorter_heartbeats = {
    for name, states in local.fields_in_template : name => {
      for seconds in local.tasks[name].heartbeat_seconds[*] :
      "HeartbeatSeconds" => min(seconds, [for state in states : try(state.TimeoutSeconds - 1, seconds)]...)
    }
  }

  # Fields that run the task, and for Spark tasks those that JSONata does not support. They cannot be replaced.
  # https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
  fixed_fields = {
    for name, task in local.tasks : name => concat(
      ["Arguments", "Parameters", "QueryLanguage", "Resource"],
      contains(["EMRServerless", "Glue"], task.infra_type)
      ? ["InputPath", "OutputPath", "ResultPath", "ResultSelector"]
      : [],
    )
  }
  replaced_fixed_fields = flatten([
    for name, fields in local.replaced_fields : [
      for field in setintersection(fields, local.fixed_fields[name]) :
      "${field} next to $${___${upper(name)}_CONFIGURATION___}"
    ]
  ])
  ambiguous_placeholders = [
    for name, states in local.fields_in_template : "$${___${upper(name)}_CONFIGURATION___}"
    if length(distinct([for state in states : join(" ", setintersection(keys(state), keys(local.states[name])))])) > 1
  ]

  rendered = join("", [
    for piece in local.template_pieces :
    contains(keys(local.placeholders), piece) ? trimsuffix(
      trimprefix(jsonencode(local.filled_states[local.placeholders[piece]]), "{"),
      "}",
    ) : piece
  ])
}
