locals {
  failsafe = toset(var.enable_failsafe ? [local.names.failsafe] : [])
}

module "failsafe_image" {
  source   = "../modules/build_and_upload_image_to_ecr"
  for_each = local.failsafe

  repository_name = each.value
  dockerfile      = "${path.module}/failsafe/Dockerfile"
  context = {
    for name in ["handler.py", "ledger.py"] : name => "${path.module}/failsafe/${name}"
  }
  base_image    = module.settings.base_images.failsafe
  container_cli = var.container_cli
  kms_key_arn   = var.kms_key_arn
  tags          = local.tags
}

resource "aws_lambda_function" "failsafe" {
  for_each = aws_cloudwatch_log_group.failsafe

  function_name = each.key
  description = join(" ", [
    "Fails states of ${local.environment} whose task exited without calling back; stops old tasks; records runs",
  ])
  role         = aws_iam_role.failsafe[each.key].arn
  package_type = "Image"
  image_uri    = module.failsafe_image[each.key].image_uri
  timeout      = 120
  memory_size  = 256
  kms_key_arn  = var.kms_key_arn
  tags         = local.tags

  environment {
    variables = merge(
      {
        PROJECT_NAME         = var.project_name
        DOMAIN_NAME          = var.domain_name
        STAGE_NAME           = local.stage_name
        TECHNICAL_BUCKET     = local.technical_bucket
        ECS_CLUSTER_ARN      = aws_ecs_cluster.this.arn
        MAX_TASK_AGE_MINUTES = var.max_task_age_minutes
      },
      { for application in aws_emrserverless_application.this : "EMR_APPLICATION_ID" => application.id },
    )
  }

  logging_config {
    log_format = "JSON"
    log_group  = each.value.name
  }

  dead_letter_config {
    target_arn = aws_sns_topic.failures.arn
  }

  depends_on = [aws_ecr_repository_policy.failsafe, aws_iam_role_policy.failsafe]
}

# Otherwise Lambda adds this statement itself, if the identity that runs Terraform may change repository policies.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
resource "aws_ecr_repository_policy" "failsafe" {
  for_each = module.failsafe_image

  repository = each.value.repository_name
  policy     = data.aws_iam_policy_document.failsafe_image.json
}

data "aws_iam_policy_document" "failsafe_image" {
  statement {
    sid     = "LambdaPulls"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:lambda:${local.account}:function:${local.names.failsafe}"]
    }
  }
}

resource "aws_cloudwatch_log_group" "failsafe" {
  for_each = local.failsafe

  name              = "/aws/lambda/${each.value}"
  retention_in_days = module.settings.data_retention.log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_iam_role" "failsafe" {
  for_each = local.failsafe

  name                 = each.value
  description          = "Failsafe of ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.failsafe_trust.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

data "aws_iam_policy_document" "failsafe_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "failsafe" {
  for_each = aws_iam_role.failsafe

  name   = "failsafe"
  role   = each.value.name
  policy = data.aws_iam_policy_document.failsafe.json
}

data "aws_iam_policy_document" "failsafe" {
  # The action does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
  statement {
    sid       = "Report"
    actions   = ["states:SendTaskFailure"]
    resources = ["*"]
  }

  statement {
    sid       = "Tasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["arn:${local.partition}:ecs:${local.account}:task/${local.environment}/*"]
  }

  # The resource type of the action is the container instance, which Fargate does not have: a condition restricts it.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
  statement {
    sid       = "TaskList"
    actions   = ["ecs:ListTasks"]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [local.ecs_cluster_arn]
    }
  }

  dynamic "statement" {
    for_each = aws_emrserverless_application.this

    content {
      sid       = "JobRuns"
      actions   = ["emr-serverless:CancelJobRun", "emr-serverless:GetJobRun", "emr-serverless:ListJobRuns"]
      resources = [statement.value.arn, "${statement.value.arn}/jobruns/*"]
    }
  }

  # Each pipeline creates its own applications, whose IDs are not known here. The function checks the tags of an
  # application; a condition cannot, since its job runs do not inherit them.
  dynamic "statement" {
    for_each = local.emr_is_enabled ? ["this"] : []

    content {
      sid       = "JobRunsOfPipelines"
      actions   = ["emr-serverless:GetApplication", "emr-serverless:GetJobRun"]
      resources = ["arn:${local.partition}:emr-serverless:${local.account}:/applications/*"]
    }
  }

  statement {
    sid       = "StateMachines"
    actions   = ["states:ListStateMachines"]
    resources = ["*"]
  }

  statement {
    sid       = "Executions"
    actions   = ["states:ListExecutions", "states:ListTagsForResource"]
    resources = ["arn:${local.partition}:states:${local.account}:stateMachine:${local.environment}_*"]
  }

  statement {
    sid       = "RecordRuns"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arns.technical}/runs/*"]
  }

  # The action does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
  statement {
    sid       = "ExecutionAges"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["Datalake"]
    }
  }

  statement {
    sid     = "Logs"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [
      "arn:${local.partition}:logs:${local.account}:log-group:/aws/lambda/${local.names.failsafe}:*",
    ]
  }

  statement {
    sid       = "DeadLetters"
    actions   = ["sns:Publish"]
    resources = [local.failure_topic_arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "Encryption"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}
