locals {
  log_stream_prefix = "ecs"
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task.infra_config.cpu
  memory                   = var.task.infra_config.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = module.role.arn
  tags                     = var.tags

  container_definitions = jsonencode([{
    name        = var.task_name
    image       = module.image.image_uri
    essential   = true
    command     = ["python", "-m", "datalake_sdk.native_python_processing_wrapper"]
    environment = [for name, value in var.environment_variables : { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.domain.region
        awslogs-stream-prefix = local.log_stream_prefix
      }
    }
  }])

  runtime_platform {
    cpu_architecture        = var.task.infra_config.architecture
    operating_system_family = "LINUX"
  }

  dynamic "ephemeral_storage" {
    for_each = var.task.infra_config.ephemeral_storage[*]

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  # Running executions start tasks of the revision that was current when they began, and ECS starts no task of a
  # revision that is not active.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
  skip_destroy = true
}
