locals {
  # Services to which the factories give roles.
  services = [
    "ecs-tasks.amazonaws.com",
    "elasticmapreduce.amazonaws.com",
    "emr-serverless.amazonaws.com",
    "events.amazonaws.com",
    "lakeformation.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "pipes.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
  ]
}

# Changes of the permissions of roles require that the roles have the boundary, and the boundary cannot be removed, so
# that neither the role nor the roles that it creates can exceed the boundary.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
data "aws_iam_policy_document" "roles" {
  statement {
    sid = "ReadRoles"
    actions = [
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
    ]
    resources = local.arns.roles
  }

  statement {
    sid       = "Permissions"
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.arns.roles

    dynamic "condition" {
      for_each = var.permissions_boundary_arn[*]

      content {
        test     = "ArnEquals"
        variable = "iam:PermissionsBoundary"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "AttachedPolicies"
    actions   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
    resources = local.arns.roles

    condition {
      test     = "ArnLike"
      variable = "iam:PolicyARN"
      values   = local.arns.policies
    }

    dynamic "condition" {
      for_each = var.permissions_boundary_arn[*]

      content {
        test     = "ArnEquals"
        variable = "iam:PermissionsBoundary"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "Roles"
    actions = [
      "iam:DeleteRole",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = local.arns.roles
  }

  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = local.arns.roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = local.services
    }
  }

  statement {
    sid = "Policies"
    actions = [
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
      "iam:ListPolicyVersions",
      "iam:TagPolicy",
      "iam:UntagPolicy",
    ]
    resources = local.arns.policies
  }

  # Services create these roles when they are first used in an account.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values = [
        "ecs.amazonaws.com",
        "lakeformation.amazonaws.com",
        "ops.emr-serverless.amazonaws.com",
      ]
    }
  }
}
