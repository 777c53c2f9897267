output "role_arn" {
  description = "ARN of the role, available once its policies are attached."
  value       = aws_iam_role.deployment.arn

  depends_on = [aws_iam_role_policy_attachment.deployment]
}

output "role_name" {
  description = "Name of the role, to attach policies for resources that are not part of the factories."
  value       = aws_iam_role.deployment.name
}

output "policies" {
  description = "The policies as JSON by topic, for a role of your own."
  value       = { for topic, document in local.documents : topic => document.json }
}
