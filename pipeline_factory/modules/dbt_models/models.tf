# Tasks of a dbt project, from its manifest: one for each model, seed and snapshot that has a table, with the tests of
# only that table, and one for all other tests. datalake_sdk/pipelines/dbt_manifest.py has the same rules.
# https://docs.getdbt.com/reference/artifacts/manifest-json
locals {
  file    = "${var.folder}/target/manifest.json"
  content = try(jsondecode(file(local.file)), null)

  # Of dbt 1.11.
  expected_schema_version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
  schema_version          = try(tostring(local.content.metadata.dbt_schema_version), "none")
  manifest = one([
    for content in [local.content] : content if local.schema_version == local.expected_schema_version
  ])

  nodes = try(local.manifest.nodes, {})
  written = {
    for id, node in local.nodes : id => node
    if contains(["model", "seed", "snapshot"], node.resource_type) && node.config.materialized != "ephemeral"
  }
  tests = merge(
    { for id, node in local.nodes : id => node if node.resource_type == "test" },
    try(local.manifest.unit_tests, {}),
  )
  parents = {
    for id, node in merge(local.written, local.tests) : id => distinct(try(node.depends_on.nodes, []))
  }
  shared_tests = {
    for id, node in local.tests : id => node
    if length(local.parents[id]) != 1 || !can(local.written[local.parents[id][0]])
  }

  tables = merge(
    { for id, node in local.written : id => "${node.schema}.${node.alias}" },
    { for id, source in try(local.manifest.sources, {}) : id => "${source.schema}.${source.identifier}" },
  )

  # By node, the nodes with a table that a query of it reads. An ephemeral model is replaced by those that it reads;
  # each step doubles the length of the paths through ephemeral models.
  read_1 = merge(
    { for id in keys(local.tables) : id => [id] },
    {
      for id, node in local.nodes : id => node.depends_on.nodes
      if node.resource_type == "model" && node.config.materialized == "ephemeral"
    },
  )
  read_2 = {
    for id, ids in local.read_1 : id => distinct(flatten([for each in ids : lookup(local.read_1, each, [])]))
  }
  read_4 = {
    for id, ids in local.read_2 : id => distinct(flatten([for each in ids : lookup(local.read_2, each, [])]))
  }
  read_8 = {
    for id, ids in local.read_4 : id => distinct(flatten([for each in ids : lookup(local.read_4, each, [])]))
  }
  read_16 = {
    for id, ids in local.read_8 : id => distinct(flatten([for each in ids : lookup(local.read_8, each, [])]))
  }
  read_tables = {
    for id, ids in local.parents : id => distinct([
      for each in flatten([for parent in ids : lookup(local.read_16, parent, [])]) : local.tables[each]
    ])
  }

  strategy_modes = { merge = "upsert", insert_overwrite = "overwrite_partitions", microbatch = "overwrite_partitions" }
  modes = {
    for id, node in local.written : id => lookup(
      {
        snapshot    = "upsert"
        incremental = lookup(local.strategy_modes, local.strategies[id], "append")
      },
      node.config.materialized,
      "overwrite",
    )
  }
  strategies = {
    for id, node in local.written : id => try(
      coalesce(node.config.incremental_strategy), length(node.config.unique_key) > 0 ? "merge" : "append", "append",
    )
  }
  # https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields
  upsert_keys = {
    for id, node in local.written : id => node.config.materialized == "snapshot" ? ["dbt_scd_id"] : [
      for key in try(flatten([node.config.unique_key]), []) : key if local.modes[id] == "upsert" && key != null
    ]
  }
}
