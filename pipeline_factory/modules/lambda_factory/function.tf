locals {
  function_names = module.names.names
  function_arn   = "${local.function_arn_prefix}:${local.function_names.this}"
  function_arn_prefix = join(":", [
    "arn:${var.domain.partition}:lambda:${var.domain.region}:${var.domain.account_id}", "function",
  ])
  # The ARNs of all functions of the task, which share the first characters of long names.
  function_arn_patterns = concat(
    [local.function_arn],
    [
      for prefix in ["${var.name}-"] : "${local.function_arn_prefix}:${substr(prefix, 0, 54)}*"
      if var.serves_datasets
    ],
  )

  # The handler stops the task at its timeout and reports why: RESERVED_SECONDS in datalake_sdk/lambda_handler.py.
  reserved_seconds = 30

  # A function has no public IP address, so in public subnets it could not reach any service.
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
  networks = var.domain.network.assign_public_ip ? [] : [var.domain.network]
}

# A function has a single role, so each dataset has its own.
resource "aws_lambda_function" "this" {
  for_each = merge({ this = module.role }, module.dataset_roles)

  function_name                  = local.function_names[each.key]
  description                    = "Task ${var.name}${each.key == "this" ? "" : " for ${each.key}"}"
  role                           = each.value.arn
  package_type                   = "Image"
  image_uri                      = module.image.image_uri
  architectures                  = [lower(var.task.infra_config.architecture)]
  timeout                        = var.task.timeout_minutes * 60 + local.reserved_seconds
  memory_size                    = var.task.infra_config.memory
  reserved_concurrent_executions = coalesce(var.task.infra_config.reserved_concurrency, -1)
  kms_key_arn                    = var.domain.kms_key_arn
  tags                           = merge(var.tags, { for name in [each.key] : "dataset" => name if name != "this" })

  image_config {
    entry_point = ["python", "-m", "awslambdaric"]
    command     = ["datalake_sdk.lambda_handler.handle"]
  }

  environment {
    variables = var.environment_variables
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "ephemeral_storage" {
    for_each = var.task.infra_config.ephemeral_storage[*]

    content {
      size = ephemeral_storage.value * 1024
    }
  }

  dynamic "vpc_config" {
    for_each = local.networks

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = [vpc_config.value.security_group_id]
    }
  }

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      condition = length(jsonencode(var.environment_variables)) <= 4096
      error_message = join(" ", [
        "The environment variables of the task ${var.task_name} have",
        "${length(jsonencode(var.environment_variables))} characters; the limit of Lambda is 4096. Shorten its",
        "additional_parameters and output_tables, split it, or set infra_type = \"ECS\".",
      ])
    }
  }

  depends_on = [aws_ecr_repository_policy.lambda]
}

module "names" {
  source = "../../../modules/names"
  names  = merge({ this = var.name }, { for name in keys(var.datasets) : name => "${var.name}-${name}" })
}

moved {
  from = aws_lambda_function.this
  to   = aws_lambda_function.this["this"]
}
