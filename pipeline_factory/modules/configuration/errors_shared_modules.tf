# Violations of the rules for shared_modules, as in errors_tasks.tf.
locals {
  shared_module_names = {
    for path, task in local.tasks : path => [
      for module in task.shared_modules : module == null ? "" : basename(module)
    ]
  }

  shared_modules = flatten([
    for path, task in local.tasks : [
      for module in [for module in task.shared_modules : module == null ? "" : module] : {
        shown  = "${path}.shared_modules has '${module}'"
        name   = basename(module)
        exists = module != "" && try(length(fileset(module, "**")) > 0, false)
        is_named_twice = anytrue([
          length([for name in local.shared_module_names[path] : name if name == basename(module)]) > 1,
          fileexists("${task.path}/code/${basename(module)}.py"),
          length(fileset("${task.path}/code", "${basename(module)}/**")) > 0,
        ])
      }
    ]
    if task.path != null
  ])

  shared_module_errors = concat(
    [
      for module in local.shared_modules :
      "${module.shown}, which is not a folder with files. It must be the folder of a Python package."
      if !module.exists
    ],
    [
      for module in local.shared_modules : join(" ", [
        "${module.shown}; the name of its folder, with which it is imported, must be lowercase letters, digits and",
        "'_', and neither main nor datalake_sdk.",
      ])
      if module.exists && !local.is_shared_module_name[module.name]
    ],
    [
      for module in local.shared_modules :
      "${module.shown}, but the task has another module '${module.name}'. Rename one of them."
      if module.exists && module.is_named_twice && local.is_shared_module_name[module.name]
    ],
  )

  is_shared_module_name = {
    for name in distinct(local.shared_modules[*].name) :
    name => can(regex("^[a-z_][a-z0-9_]*$", name)) && !contains(["datalake_sdk", "main"], name)
  }
}
