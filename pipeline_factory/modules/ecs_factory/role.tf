module "role" {
  source = "../task_role"

  name                   = var.name
  service                = "ecs-tasks.amazonaws.com"
  domain                 = var.domain
  input_tables           = var.task.input_tables
  output_tables          = keys(var.task.output_tables)
  readable_objects       = var.task.readable_objects
  writable_objects       = var.task.writable_objects
  secrets                = var.task.secrets
  additional_permissions = var.task.additional_permissions
  additional_policy      = var.task.additional_policy
  tags                   = var.tags
}
