# Violations of the rules for secrets, as in errors_tasks.tf. The ARNs of new secrets are unknown during the plan.
locals {
  secret_name_errors = flatten([
    for path, task in local.tasks : [
      for name in keys(task.secrets) : (
        can(regex("^${local.secret_name_pattern}$", name))
        ? "${path}.secrets contains '${name}', an environment variable of every task. Choose another name."
        : join(" ", [
          "${path}.secrets contains '${name}'; a name must be capital letters, digits and '_', starting with a letter.",
        ])
      )
      if !can(regex("^${local.secret_name_pattern}$", name)) || can(regex("^(${local.reserved_secret_names})$", name))
    ]
  ])

  secret_errors = flatten([
    for path, task in local.tasks : [
      for name, reference in task.secrets : join(" ", [
        "${path}.secrets.${name} is '${coalesce(reference, "null")}'; it must be the complete ARN of a secret in",
        "Secrets Manager, optionally with a key of its JSON value: {arn}:{key}::.",
      ])
      if !can(regex("^${local.secret_pattern}$", reference))
    ]
  ])
}
