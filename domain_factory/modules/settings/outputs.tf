output "layers" {
  description = "Further databases by layer."
  value       = var.layers
}

output "data_retention" {
  description = "Days for which things are kept."
  value       = var.data_retention
}

output "bedrock_model_ids" {
  description = "Models by size."
  value       = var.bedrock_model_ids
}

output "network" {
  description = "Where tasks run."
  value       = var.network
}

output "base_images" {
  description = "Images that others are built on."
  value       = var.base_images
}

output "emr_serverless" {
  description = "Release and size of the EMR Serverless application."
  value       = var.emr_serverless
}
