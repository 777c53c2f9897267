# The policies as rendered by the AWS provider, which does not call AWS to render them.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

variables {
  project_name             = "shop"
  domain_name              = "sales"
  stage_name               = "dev"
  permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundaries/shop"
  role_path                = "/datalake/"
  oidc_issuer_url          = "https://gitlab.example.com"
  oidc_subjects            = ["project_path:shop/sales:ref_type:branch:ref:main"]
}

run "only_roles_with_the_path_the_name_and_the_boundary_can_be_changed" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.roles).Statement : toset(statement.Resource) == toset([
        "arn:aws:iam::111122223333:role/datalake/shop_sales_dev",
        "arn:aws:iam::111122223333:role/datalake/shop_sales_dev_*",
      ])
      if contains(["ReadRoles", "Permissions", "AttachedPolicies", "Roles", "PassRoles"], statement.Sid)
    ])
    error_message = "Other roles can be changed: ${output.policies.roles}"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.roles).Statement :
      statement.Condition.ArnEquals["iam:PermissionsBoundary"] == var.permissions_boundary_arn
      if contains(["Permissions", "AttachedPolicies"], statement.Sid)
    ])
    error_message = "Roles without the boundary can be changed: ${output.policies.roles}"
  }

  assert {
    condition     = !strcontains(output.policies.roles, "iam:DeleteRolePermissionsBoundary")
    error_message = "Boundaries can be removed."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.roles).Statement : toset(statement.Resource)
      if contains(flatten([statement.Action]), "iam:CreatePolicyVersion")
      ]) == toset([
      "arn:aws:iam::111122223333:policy/shop_sales_dev",
      "arn:aws:iam::111122223333:policy/shop_sales_dev_*",
    ])
    error_message = "Policies such as the boundary can be changed: ${output.policies.roles}"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.roles).Statement :
      contains(keys(statement.Condition.StringEquals), "iam:PassedToService") if statement.Sid == "PassRoles"
    ])
    error_message = "Roles can be passed to any service."
  }
}

run "the_role_cannot_change_itself" {
  command = plan

  assert {
    condition = !anytrue([
      for name in concat([aws_iam_role.deployment.name], values(aws_iam_policy.deployment)[*].name) :
      startswith(name, "${var.project_name}_")
    ])
    error_message = "The name of the role or of a policy has the prefix of the names of a domain."
  }
}

run "resources_with_the_tags_of_others_cannot_be_tagged" {
  command = plan

  assert {
    condition = one([
      for statement in jsondecode(output.policies.compute).Statement : statement.Condition.StringLikeIfExists
      if statement.Sid == "TagCreated"
      ]) == {
      "aws:ResourceTag/project_name" = "shop"
      "aws:ResourceTag/domain_name"  = "sales"
      "aws:ResourceTag/stage_name"   = "dev"
    }
    error_message = "Resources of others can be tagged, and then changed: ${output.policies.compute}"
  }
}

run "alarms_only_notify_topics" {
  command = plan

  assert {
    condition = one([
      for statement in jsondecode(output.policies.notifications).Statement : statement.Condition
      if contains(flatten([statement.Action]), "cloudwatch:PutMetricAlarm")
    ]) == { "ForAllValues:StringLike" = { "cloudwatch:AlarmActions" = "arn:aws:sns:*" } }
    error_message = "Alarms can stop instances: ${output.policies.notifications}"
  }
}

run "stage_prod_has_the_listed_databases" {
  command = plan

  variables {
    stage_name     = "prod"
    database_names = ["sales", "orders"]
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.data).Statement : toset(statement.Resource)
      if statement.Sid == "Databases"
      ]) == toset([
      "arn:aws:glue:eu-west-1:111122223333:catalog",
      "arn:aws:glue:eu-west-1:111122223333:database/orders",
      "arn:aws:glue:eu-west-1:111122223333:database/sales",
    ])
    error_message = "The policy is ${output.policies.data}."
  }
}

run "a_pattern_of_stages_includes_the_databases_of_prod" {
  command = plan

  variables {
    stage_name               = "*"
    permissions_boundary_arn = null
    role_path                = "/"
  }

  assert {
    condition     = !strcontains(output.policies.roles, "\"iam:PermissionsBoundary\"")
    error_message = "The policy is ${output.policies.roles}."
  }

  assert {
    condition     = toset(local.databases) == toset(["*_*", "*"])
    error_message = "The databases are ${join(", ", local.databases)}."
  }
}

run "states_are_those_of_the_keys" {
  command = plan

  variables {
    state_bucket     = "shop-terraform-states"
    state_keys       = ["sales.tfstate"]
    state_lock_table = "locks"
    kms_key_arns     = ["arn:aws:kms:eu-west-1:111122223333:key/1"]
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.storage).Statement : toset(statement.Resource)
      if statement.Sid == "States"
      ]) == toset([
      "arn:aws:s3:::shop-terraform-states/env:/*/sales.tfstate",
      "arn:aws:s3:::shop-terraform-states/env:/*/sales.tfstate.tflock",
      "arn:aws:s3:::shop-terraform-states/sales.tfstate",
      "arn:aws:s3:::shop-terraform-states/sales.tfstate.tflock",
    ])
    error_message = "The policy is ${output.policies.storage}."
  }
}

run "only_services_create_grants_on_keys" {
  command = plan

  variables {
    kms_key_arns = ["arn:aws:kms:eu-west-1:111122223333:key/1"]
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.storage).Statement : try(statement.Condition, null)
      if contains(flatten([statement.Action]), "kms:CreateGrant")
    ] == [{ Bool = { "kms:GrantIsForAWSResource" = "true" } }]
    error_message = "The role can give any principal access to a key: ${output.policies.storage}"
  }
}

run "policies_with_long_names_are_within_the_limits" {
  command = plan

  variables {
    project_name = format("p%019d", 0)
    domain_name  = format("d%019d", 0)
    stage_name   = format("s%019d", 0)
  }

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  assert {
    condition     = length(aws_iam_policy.deployment) <= 10
    error_message = "${length(aws_iam_policy.deployment)} policies are attached."
  }
}

run "policies_over_the_limit_are_rejected" {
  command = plan

  variables {
    database_names = [for number in range(80) : format("database_%03d", number)]
  }

  expect_failures = [aws_iam_policy.deployment]
}
