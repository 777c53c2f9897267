locals {
  table_folders = [
    for task in values(local.tasks) : "${task.path}/code/tables_configuration"
    if var.apply_tables && length(fileset("${task.path}/code/tables_configuration", "*.yaml")) > 0
  ]
  # By folder, since tasks that write the same table have a file each.
  table_files = {
    for folder in local.table_folders : folder => {
      for file in fileset(folder, "*.yaml") : trimsuffix(file, ".yaml") => yamldecode(file("${folder}/${file}"))
    }
  }
}

# The plan shows the changed attributes of the files. A change of a table itself is not noticed.
resource "terraform_data" "tables" {
  for_each = toset(length(local.table_folders) > 0 ? ["this"] : [])

  triggers_replace = { environment = local.environment, files = local.table_files }

  provisioner "local-exec" {
    command     = "${path.module}/apply_tables.sh"
    interpreter = ["bash"]

    environment = {
      FOLDERS      = join("\n", [for folder in local.table_folders : abspath(folder)])
      PROJECT_NAME = local.domain.project_name
      DOMAIN_NAME  = local.domain.domain_name
      STAGE_NAME   = local.domain.stage_name
      AWS_REGION   = local.domain.region
    }
  }

  depends_on = [aws_glue_catalog_database.this]
}
