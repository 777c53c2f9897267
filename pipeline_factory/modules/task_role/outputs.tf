output "arn" {
  description = "ARN of the task's role; known once its permissions are there."
  value       = aws_iam_role.this.arn

  depends_on = [aws_iam_role_policy.this, aws_lakeformation_permissions.databases, aws_lakeformation_permissions.tables]
}

output "name" {
  description = "Name of the task's role."
  value       = local.role_name
}

output "policy" {
  description = "What the role may do, as JSON."
  value       = data.aws_iam_policy_document.task.json
}
