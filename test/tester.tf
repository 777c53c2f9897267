# Permissions of the role that runs utils/run_integration_tests.py: it starts the pipeline, follows it and queries its
# tables.

resource "aws_iam_role_policy_attachment" "tester" {
  for_each = local.tester_role_names

  role       = each.value
  policy_arn = module.domain.consumer_policy_arn
}

resource "aws_iam_role_policy" "tester" {
  for_each = local.tester_role_names

  name   = module.domain.domain_object.environment
  role   = each.value
  policy = data.aws_iam_policy_document.tester.json
}

data "aws_iam_policy_document" "tester" {
  statement {
    sid       = "FindPipeline"
    actions   = ["ssm:GetParameter", "ssm:GetParametersByPath"]
    resources = [local.parameter_arn, "${local.parameter_arn}/*"]
  }

  statement {
    sid       = "StartPipeline"
    actions   = ["states:StartExecution"]
    resources = [module.pipeline.state_machine_arn]
  }

  statement {
    sid       = "FollowExecutions"
    actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
    resources = ["${replace(module.pipeline.state_machine_arn, ":stateMachine:", ":execution:")}:*"]
  }

  statement {
    sid       = "ReadLogs"
    actions   = ["logs:GetLogEvents"]
    resources = [for name in module.pipeline.task_log_group_names : "arn:aws:logs:${local.account}:log-group:${name}:*"]
  }
}

locals {
  tester_role_names = toset([for arn in var.tester_role_arn[*] : reverse(split("/", arn))[0]])

  # Region and account.
  account       = join(":", slice(split(":", module.pipeline.state_machine_arn), 3, 5))
  parameter_arn = "arn:aws:ssm:${local.account}:parameter/datalake/${module.domain.domain_object.environment}"
}
