output "arn" {
  description = "ARN of the role, available once its permissions exist."
  value       = aws_iam_role.this.arn

  # Step Functions checks these permissions when it creates the state machine.
  depends_on = [
    aws_iam_role_policy.this, aws_iam_role_policy_attachment.tasks, aws_lakeformation_permissions.tables,
  ]
}
