output "application_name" {
  description = "The name, available once the application is stopped for its update."
  value       = var.application_name
  depends_on  = [terraform_data.before_update]
}
