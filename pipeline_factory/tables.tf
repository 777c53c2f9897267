locals {
  table_folders = distinct([
    for task in values(local.tasks) : "${task.path}/code/tables_configuration"
    if var.apply_tables && length(fileset("${task.path}/code/tables_configuration", "*.yaml")) > 0
  ])
  # By folder, since tasks that write the same table have a file each.
  table_files = {
    for folder in local.table_folders : folder => {
      for file in fileset(folder, "*.yaml") : trimsuffix(file, ".yaml") => yamldecode(file("${folder}/${file}"))
    }
  }
  tables_environment = {
    PROJECT_NAME  = local.domain.project_name
    DOMAIN_NAME   = local.domain.domain_name
    STAGE_NAME    = local.domain.stage_name
    AWS_REGION    = local.domain.region
    TABLE_STORAGE = local.table_storage
  }
}

# The plan shows the changed attributes of the files. A change of a table itself is not noticed.
resource "terraform_data" "tables" {
  for_each = toset(length(local.table_folders) > 0 ? ["this"] : [])

  triggers_replace = { environment = local.tables_environment, files = local.table_files }

  provisioner "local-exec" {
    command     = "${path.module}/apply_tables.sh"
    interpreter = ["bash"]

    environment = merge(local.tables_environment, {
      FOLDERS = join("\n", [for folder in local.table_folders : abspath(folder)])
    })
  }

  depends_on = [aws_glue_catalog_database.this, aws_s3tables_namespace.this]
}
