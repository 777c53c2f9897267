output "image_uri" {
  description = "URI of the image with its tag, available once the image can be pulled."
  value       = local.image_uri
  depends_on  = [terraform_data.image]
}

output "repository_arn" {
  description = "ARN of the ECR repository."
  value       = aws_ecr_repository.this.arn
}

output "repository_name" {
  description = "Name of the ECR repository."
  value       = aws_ecr_repository.this.name
}
