output "state" {
  description = "The state that runs the task, in Amazon States Language, without timeouts, retries and transitions."
  value       = local.state
}

output "published_request" {
  description = "RunTask request without the values of an execution, and the log of the task."
  value = {
    service   = "ecs"
    request   = local.request
    container = var.task_name
    log = {
      group         = aws_cloudwatch_log_group.this.name
      stream_prefix = "${local.log_stream_prefix}/${var.task_name}"
    }
  }
}

output "capacity_errors" {
  description = "Errors of the state that indicate a lack of capacity for the task."
  value = [
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.ThrottlingException",
  ]
}

output "role_name" {
  description = "Name of the task's role."
  value       = module.role.name
}

output "role_arn" {
  description = "ARN of the task's role."
  value       = module.role.arn
}

output "repository_arn" {
  description = "ARN of the task's image repository."
  value       = module.image.repository_arn
}

output "datasets" {
  description = "What runs the task for each dataset."
  value       = { for name, role in module.dataset_roles : name => { role_arn = role.arn } }
}

output "image_uri" {
  description = "URI of the task's image, with its tag."
  value       = module.image.image_uri
}
