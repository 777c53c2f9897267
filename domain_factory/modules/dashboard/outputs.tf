output "body" {
  description = "Body of the dashboard, as JSON."
  value       = local.body
}
