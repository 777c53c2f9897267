module "role" {
  source = "../task_role"

  name                   = var.name
  service                = "ecs-tasks.amazonaws.com"
  domain                 = var.domain
  input_tables           = var.task.input_tables
  output_tables          = keys(var.task.output_tables)
  additional_permissions = var.task.additional_permissions
  additional_policy      = var.task.additional_policy
  tags                   = var.tags
}
