# Objects that a task reads and writes, as `bucket/pattern`, such as inbox/orders/*.
locals {
  input_objects = {
    for name, task in local.tasks_by_name :
    name => [for path in task.input_paths : replace(trimprefix(path, "s3://"), "/\\/$/", "/*") if path != null]
  }
  writable_objects = {
    for name, task in local.tasks_by_name :
    name => toset([
      for path in task.output_paths : replace(trimprefix(path, "s3://"), "/\\/$/", "/*") if path != null
    ])
  }
  readable_objects = {
    for name, objects in local.input_objects :
    name => toset(concat(objects, contains(local.tasks_with_object, name) ? local.triggering_objects : []))
  }

  # Tasks that receive the key of an object from the input of the execution, alone or as part of a larger value.
  tasks_with_object = [
    for name, task in local.tasks_by_name : name
    if anytrue([
      for path in concat(
        [for parameter, path in task.additional_parameters : path if endswith(parameter, ".$")],
        compact([try(task.for_each.input, null)]),
      ) : can(regex(local.object_path_pattern, path))
    ])
  ]
  triggering_objects = [
    for trigger in values(var.triggers) : "${trigger.bucket}/${trigger.prefix}*${trigger.suffix}"
    if trigger.bucket != null
  ]
}
