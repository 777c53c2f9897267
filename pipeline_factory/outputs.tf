output "state_machine_arn" {
  description = "ARN of the pipeline's state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "database_name" {
  description = "Name of the pipeline's database with the stage's prefix; null if it does not have its own."
  value       = one(values(aws_glue_catalog_database.this)[*].name)
}

output "task_role_names" {
  description = "Names of the roles by task."
  value       = { for name, run in local.runs : name => run.role_name }
}

output "task_role_arns" {
  description = "ARNs of the roles by task."
  value       = { for name, run in local.runs : name => run.role_arn }
}

output "task_image_uris" {
  description = "URIs of the images by task."
  value       = { for name, run in local.runs : name => run.image_uri if can(run.image_uri) }
}

output "task_states" {
  description = <<-EOT
    States by task, in Amazon States Language as JSON, for use in another state machine. The state of a task with
    `for_each`, or that catches failures, expects the input of an iteration or a failure.
  EOT
  value       = { for name, state in local.states : name => jsonencode(state) }
}

output "task_log_group_names" {
  description = "Names of the log groups by task."
  value       = local.log_group_names
}

output "task_levels" {
  description = "Tasks by level. The tasks of a level run in parallel, after those of the previous level."
  value       = local.levels
}

output "failure_topic_arn" {
  description = "ARN of the topic of the pipeline's own failure receivers; null if it does not have any."
  value       = try(aws_sns_topic.failures["this"].arn, null)
}

output "dead_letter_queue_url" {
  description = "URL of the queue of events for which `trigger` could not start an execution; null without `trigger`."
  value       = try(aws_sqs_queue.dead_letters["this"].url, null)
}

output "dead_letter_queue_urls" {
  description = "URLs of the queues of events for which no execution could be started, by trigger; `this` is `trigger`."
  value       = { for name in keys(local.triggers) : name => aws_sqs_queue.dead_letters[name].url }
}

output "undelivered_notification_queue_url" {
  description = "URL of the queue of failure notifications that could not be delivered."
  value       = aws_sqs_queue.dead_letters["notifications"].url
}
