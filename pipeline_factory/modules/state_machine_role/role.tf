locals {
  account       = "${var.domain.region}:${var.domain.account_id}"
  arn           = "arn:${var.domain.partition}:states:${local.account}:stateMachine:${var.name}"
  has_ecs_tasks = length(var.ecs_tasks) > 0
}

module "names" {
  source = "../../../modules/names"
  # Names of tasks do not contain '-', so this name cannot collide with the role of a task.
  names = { role = "${var.name}-states" }
}

resource "aws_iam_role" "this" {
  name                 = module.names.names.role
  description          = "State machine ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  path                 = var.domain.role_path
  permissions_boundary = var.domain.permissions_boundary_arn
  tags                 = var.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.arn]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "state_machine"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.role.json

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
      condition = length(jsonencode(jsondecode(data.aws_iam_policy_document.role.json))) <= 10240
      error_message = join(" ", [
        "The policy of the state machine's role has",
        "${length(jsonencode(jsondecode(data.aws_iam_policy_document.role.json)))} characters; the limit of IAM",
        "is 10240. Shorten state_machine_policy.",
      ])
    }
  }
}

data "aws_iam_policy_document" "role" {
  source_policy_documents = var.policy[*]

  # The names of task definitions are matched by prefix, since the ARNs of 200 tasks exceed the size of a policy. The
  # role can still only run its own tasks, since it can pass only their roles.
  dynamic "statement" {
    for_each = local.has_ecs_tasks ? [var.domain.ecs_cluster_arn] : []

    content {
      sid       = "RunTasks"
      actions   = ["ecs:RunTask"]
      resources = ["arn:${var.domain.partition}:ecs:${local.account}:task-definition/${var.name}_*:*"]

      condition {
        test     = "ArnEquals"
        variable = "ecs:cluster"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = local.has_ecs_tasks ? [replace(var.domain.ecs_cluster_arn, ":cluster/", ":task/")] : []

    content {
      sid       = "TagTasks"
      actions   = ["ecs:TagResource"]
      resources = ["${statement.value}/*"]

      condition {
        test     = "StringEquals"
        variable = "ecs:CreateAction"
        values   = ["RunTask"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.has_ecs_tasks ? ["ecs-tasks.amazonaws.com"] : []

    content {
      sid       = "PassExecutionRole"
      actions   = ["iam:PassRole"]
      resources = [var.execution_role_arn]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.listed_databases) > 0 ? ["glue:GetTables"] : []

    content {
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
      sid     = "ListTables"
      actions = [statement.value]
      resources = concat(["arn:${var.domain.partition}:glue:${local.account}:catalog"], flatten([
        for database in var.listed_databases : [
          "arn:${var.domain.partition}:glue:${local.account}:database/${database}",
          "arn:${var.domain.partition}:glue:${local.account}:table/${database}/*",
        ]
      ]))
    }
  }

  dynamic "statement" {
    for_each = var.datasets[*]

    content {
      sid     = "ReadDatasets"
      actions = ["ssm:GetParameter"]
      resources = [
        "arn:${var.domain.partition}:ssm:${local.account}:parameter${statement.value.parameter_path}/*",
      ]
    }
  }

  dynamic "statement" {
    for_each = var.datasets[*]

    content {
      sid       = "PassDatasetRoles"
      actions   = ["iam:PassRole"]
      resources = ["arn:${var.domain.partition}:iam::${var.domain.account_id}:role${statement.value.role_path}*"]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values = concat(
          length(var.ecs_tasks) > 0 ? ["ecs-tasks.amazonaws.com"] : [],
          length(var.spark_tasks) > 0 ? ["emr-serverless.amazonaws.com"] : [],
        )
      }
    }
  }

  statement {
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    sid = "Log"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    resources = ["*"]
  }

  statement {
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html#xray-iam
    sid = "Trace"
    actions = [
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }
}
