resource "aws_iam_role" "state_machine" {
  name               = local.names.state_machine_role
  description        = "State machine ${local.full_name}"
  assume_role_policy = data.aws_iam_policy_document.state_machine_trust.json
  tags               = local.tags
}

data "aws_iam_policy_document" "state_machine_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.state_machine_arn]
    }
  }
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "state_machine"
  role   = aws_iam_role.state_machine.name
  policy = data.aws_iam_policy_document.state_machine.json
}

data "aws_iam_policy_document" "state_machine" {
  dynamic "statement" {
    for_each = length(module.ecs_task) > 0 ? ["ecs-tasks.amazonaws.com"] : []

    content {
      sid     = "RunTasks"
      actions = ["ecs:RunTask"]
      resources = [
        for name in keys(module.ecs_task) :
        "arn:${local.partition}:ecs:${local.account}:task-definition/${local.full_name}_${name}:*"
      ]

      condition {
        test     = "ArnEquals"
        variable = "ecs:cluster"
        values   = [local.domain.ecs_cluster_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = length(module.ecs_task) > 0 ? [replace(local.domain.ecs_cluster_arn, ":cluster/", ":task/")] : []

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
    for_each = length(module.ecs_task) > 0 ? ["ecs-tasks.amazonaws.com"] : []

    content {
      sid       = "PassTaskRoles"
      actions   = ["iam:PassRole"]
      resources = concat([aws_iam_role.execution.arn], values(module.ecs_task)[*].role_arn)

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(module.emr_task) > 0 ? ["emr-serverless.amazonaws.com"] : []

    content {
      sid       = "StartJobRuns"
      actions   = ["emr-serverless:StartJobRun"]
      resources = values(module.emr_task)[*].application_arn
    }
  }

  dynamic "statement" {
    for_each = length(module.emr_task) > 0 ? ["emr-serverless.amazonaws.com"] : []

    content {
      sid       = "PassJobRoles"
      actions   = ["iam:PassRole"]
      resources = values(module.emr_task)[*].role_arn

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = [statement.value]
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
