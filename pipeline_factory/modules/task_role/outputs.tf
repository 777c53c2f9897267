output "arn" {
  description = "ARN of the role, available once its permissions exist."
  value       = aws_iam_role.this.arn

  depends_on = [aws_iam_role_policy.this, aws_lakeformation_permissions.databases, aws_lakeformation_permissions.tables]
}

output "name" {
  description = "Name of the role."
  value       = local.role_name
}

output "policy" {
  description = "Policy of the role, as JSON."
  value       = data.aws_iam_policy_document.task.json
}
