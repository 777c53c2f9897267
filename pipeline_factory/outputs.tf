output "state_machine_arn" {
  description = "ARN of the pipeline's state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "database_name" {
  description = "Database of the pipeline with the stage's prefix; null where it has none of its own."
  value       = one(values(aws_glue_catalog_database.this)[*].name)
}

output "task_role_names" {
  description = "Roles by task."
  value       = { for name, run in merge(module.ecs_task, module.emr_task) : name => run.role_name }
}

output "task_role_arns" {
  description = "ARNs of the roles by task."
  value       = { for name, run in merge(module.ecs_task, module.emr_task) : name => run.role_arn }
}

output "task_image_uris" {
  description = "Images by task."
  value       = { for name, run in merge(module.ecs_task, module.emr_task) : name => run.image_uri }
}

output "task_states" {
  description = "States by task, in Amazon States Language as JSON: for a state machine of one's own."
  value       = { for name, state in local.states : name => jsonencode(state) }
}

output "task_log_group_names" {
  description = "Log groups by task."
  value       = local.log_group_names
}

output "task_levels" {
  description = "The tasks in their order: each level runs at once, after the one before it."
  value       = local.levels
}

output "failure_topic_arn" {
  description = "Topic of the pipeline's own failure receivers; null where it has none."
  value       = one(values(aws_sns_topic.failures)[*].arn)
}

output "dead_letter_queue_url" {
  description = "Queue of the objects for which no execution could be started; null where they are not batched."
  value       = one(values(aws_sqs_queue.dead_letters)[*].url)
}
