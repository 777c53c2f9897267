output "tasks" {
  description = "Tasks of the project. `select` and `indirect_selection` are options of `dbt build`."
  value = concat(
    [
      for id, node in local.written : {
        name               = try("${node.name}_v${node.version}", node.name)
        select             = "${join(".", node.fqn)},file:${basename(node.original_file_path)}"
        indirect_selection = "cautious"
        input_tables       = local.read_tables[id]
        output_tables = {
          (local.tables[id]) = { ingestion_mode = local.modes[id], upsert_keys = local.upsert_keys[id] }
        }
      }
    ],
    [
      for tests in [local.shared_tests] : {
        name               = "tests"
        select             = join(" ", sort(values(tests)[*].name))
        indirect_selection = "empty"
        input_tables       = distinct(flatten([for id in keys(tests) : local.read_tables[id]]))
        output_tables      = {}
      }
      if length(tests) > 0
    ],
  )
}

output "file" {
  description = "Path to the manifest."
  value       = local.file
}

output "schema_version" {
  description = "Version of the manifest's schema, as a URL; `none` if the file is not a manifest."
  value       = local.schema_version
}

output "expected_schema_version" {
  description = "Version of the schema that this module reads."
  value       = local.expected_schema_version
}

output "project_name" {
  description = "Project of the manifest; `none` if the file is not a manifest."
  value       = try(tostring(local.content.metadata.project_name), "none")
}

output "expected_project_name" {
  description = "Name in `dbt_project.yml`; null if it has none."
  value       = try(tostring(yamldecode(file("${var.folder}/dbt_project.yml")).name), null)
}
