output "state" {
  description = "The state that runs the task, in Amazon States Language, without timeouts, retries and transitions."
  value       = local.state
}

output "published_request" {
  description = <<-EOT
    StartJobRun request without the values of an execution, and the settings for its SparkSubmitParameters.
  EOT
  value = {
    service        = "emr-serverless"
    request        = local.request
    environment    = var.environment_variables
    spark_settings = local.spark_settings
  }
}

output "capacity_errors" {
  description = "Errors of the state that indicate a lack of capacity for the task."
  value = [
    "EmrServerless.ConflictException",
    # Any error that the API does not model, such as throttling.
    "EmrServerless.EmrServerlessException",
    "EmrServerless.InternalServerException",
    "EmrServerless.ServiceQuotaExceededException",
    "EmrServerless.ThrottlingException",
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

output "application_arn" {
  description = "ARN of the task's EMR Serverless application."
  value       = aws_emrserverless_application.this.arn
}

output "datasets" {
  description = "What runs the task for each dataset."
  value       = { for name, role in module.dataset_roles : name => { role_arn = role.arn } }
}

output "image_uri" {
  description = "URI of the task's image, with its tag."
  value       = module.image.image_uri
}
