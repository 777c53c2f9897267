output "json" {
  description = "Policy document that denies requests without TLS."
  value       = data.aws_iam_policy_document.this.json
}
