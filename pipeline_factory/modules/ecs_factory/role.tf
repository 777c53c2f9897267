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
  redshift               = var.task.redshift
  tags                   = var.tags
}

# Permissions for the tables and objects of one dataset.
module "dataset_roles" {
  source   = "../task_role"
  for_each = var.datasets

  name                   = "${var.name}-${each.key}"
  service                = "ecs-tasks.amazonaws.com"
  domain                 = local.dataset_domain
  input_tables           = each.value.input_tables
  output_tables          = keys(each.value.output_tables)
  readable_objects       = each.value.readable_objects
  writable_objects       = var.task.writable_objects
  secrets                = var.task.secrets
  additional_permissions = var.task.additional_permissions
  additional_policy      = var.task.additional_policy
  tags                   = merge(var.tags, { dataset = each.key })
}

locals {
  # The state machine may pass the roles with this path.
  dataset_domain = merge(var.domain, { role_path = var.dataset_role_path })
}
