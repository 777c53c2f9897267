# Task execution role: ECS pulls images and writes logs with it.
resource "aws_iam_role" "execution" {
  name                 = local.names.execution_role
  description          = "Task execution role of ${local.full_name}"
  assume_role_policy   = data.aws_iam_policy_document.execution_trust.json
  path                 = local.domain.role_path
  permissions_boundary = local.domain.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "execution_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.domain.account_id]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.name
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    # The ARNs of 200 tasks exceed the size of a policy.
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:${local.partition}:ecr:${local.account}:repository/${local.full_name}_*"]
  }

  statement {
    # The action does not support resource-level permissions.
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.account}:log-group:${local.full_name}/*"]
  }
}
