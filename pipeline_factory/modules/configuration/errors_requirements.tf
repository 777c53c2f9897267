# Violations of the rules for requirements.txt, as in errors_tasks.tf.
locals {
  requirements = flatten([
    for path, task in local.tasks : [
      for line in try(split("\n", file("${task.path}/requirements.txt")), []) : {
        path = path
        file = "${task.path}/requirements.txt"
        line = trimspace(line)
      }
    ]
    if task.path != null
  ])

  # https://pip.pypa.io/en/stable/reference/requirements-file-format/
  requirements_errors = [
    for each in local.requirements : join(" ", [
      "${each.path}: the file ${each.file} has '${each.line}'. It must not refer to other files, which the build of",
      "the image does not have: write requirements as names, versions and URLs.",
    ])
    if(
      can(regex("^(-f|--find-links)", each.line))
      ? !can(regex("https?://", each.line))
      : anytrue([
        can(regex("^(-[rce]|--(requirement|constraint|editable)\\b)", each.line)),
        can(regex("^(file:|[^-#].*[ @+]file:)", each.line)),
        !strcontains(each.line, "://") && can(regex("^([./]|[^-#][^#;]*(/|\\.(whl|zip|tar\\.gz)))", each.line)),
      ])
    )
  ]
}
