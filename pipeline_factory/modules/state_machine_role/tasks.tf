# Permissions of the state machine's role for the tasks. The ARNs of 22 tasks fit into a managed policy, and ten managed
# policies can be attached to a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
locals {
  role_arn_prefix = "arn:${var.domain.partition}:iam::${var.domain.account_id}:role${var.domain.role_path}"

  task_names = sort(concat(keys(var.ecs_tasks), keys(var.spark_tasks), keys(var.glue_tasks), keys(var.lambda_tasks)))
  task_groups = {
    for index, names in chunklist(local.task_names, 22) :
    format("%02d", index + 1) => {
      ecs    = { for name, task in var.ecs_tasks : name => task if contains(names, name) }
      spark  = { for name, task in var.spark_tasks : name => task if contains(names, name) }
      glue   = { for name, task in var.glue_tasks : name => task if contains(names, name) }
      lambda = { for name, task in var.lambda_tasks : name => task if contains(names, name) }
    }
  }
}

resource "aws_iam_policy" "tasks" {
  for_each = local.task_groups

  name        = "${var.name}-tasks-${each.key}"
  description = "Runs tasks of ${var.name}"
  policy      = data.aws_iam_policy_document.tasks[each.key].json
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "tasks" {
  for_each = aws_iam_policy.tasks

  role       = aws_iam_role.this.name
  policy_arn = each.value.arn
}

data "aws_iam_policy_document" "tasks" {
  for_each = local.task_groups

  dynamic "statement" {
    for_each = length(each.value.ecs) > 0 ? ["ecs-tasks.amazonaws.com"] : []

    content {
      sid       = "PassTaskRoles"
      actions   = ["iam:PassRole"]
      resources = [for task in each.value.ecs : "${local.role_arn_prefix}${task.role_name}"]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(each.value.lambda) > 0 ? ["lambda:InvokeFunction"] : []

    content {
      sid       = "InvokeFunctions"
      actions   = [statement.value]
      resources = flatten(values(each.value.lambda)[*].function_arns)
    }
  }

  dynamic "statement" {
    for_each = length(each.value.glue) > 0 ? [values(each.value.glue)[*].job_arn] : []

    content {
      # https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html#glue-iam
      sid       = "RunJobs"
      actions   = ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(each.value.spark) > 0 ? ["emr-serverless:StartJobRun"] : []

    content {
      sid       = "StartJobRuns"
      actions   = [statement.value]
      resources = values(each.value.spark)[*].application_arn
    }
  }

  dynamic "statement" {
    for_each = length(each.value.spark) > 0 ? ["emr-serverless.amazonaws.com"] : []

    content {
      sid       = "PassJobRoles"
      actions   = ["iam:PassRole"]
      resources = [for task in each.value.spark : "${local.role_arn_prefix}${task.role_name}"]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = [statement.value]
      }
    }
  }
}
