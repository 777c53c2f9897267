output "domain_object" {
  description = "The same object, with the type of the variable."
  value       = var.domain_object
}
