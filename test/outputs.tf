output "state_machine_arn" {
  description = "ARN of the state machine of the integration pipeline."
  value       = module.pipeline.state_machine_arn
}

output "inbox" {
  description = "Bucket in which files with the prefix integration_tests/incoming/ start the pipeline."
  value       = local.bucket
}
