# Violations of the rules for the attribute redshift, as in errors_tasks.tf.
locals {
  redshift_rules = {
    workgroup = {
      pattern = "^arn:aws[\\w-]*:redshift-serverless:[\\w-]+:[0-9]{12}:workgroup/\\S+$"
      rule    = "the ARN of a workgroup, such as aws_redshiftserverless_workgroup.this.arn"
    }
    cluster = {
      pattern = "^[a-z](?:-?[a-z0-9]+)*$"
      rule    = "the identifier of a cluster, such as analytics-1"
    }
    secret_arn = {
      pattern = "^arn:aws[\\w-]*:secretsmanager:[\\w-]+:[0-9]{12}:secret:\\S+$"
      rule    = "the ARN of a secret in Secrets Manager"
    }
    copy_role_arn = {
      pattern = "^arn:aws[\\w-]*:iam::[0-9]{12}:role/\\S+$"
      rule    = "the ARN of an IAM role"
    }
  }

  databases_in_redshift = { for path, task in local.tasks : path => task.redshift if task.redshift != null }

  redshift_errors = flatten([
    for path, redshift in local.databases_in_redshift : concat(
      [
        for missing in ["${path}.redshift must have either workgroup or cluster."] : missing
        if(redshift.workgroup == null) == (redshift.cluster == null)
      ],
      [
        for attribute, each in local.redshift_rules :
        "${path}.redshift.${attribute} is '${redshift[attribute]}'; it must be ${each.rule}."
        if redshift[attribute] == null ? false : !can(regex(each.pattern, redshift[attribute]))
      ],
      [
        for user in redshift.db_user[*] : join(" ", [
          "${path}.redshift.db_user is '${user}'; with a workgroup or a secret_arn it must not be set.",
        ])
        if redshift.workgroup != null || redshift.secret_arn != null
      ],
    )
  ])
}
