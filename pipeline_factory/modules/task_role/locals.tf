locals {
  role_name = module.names.names.role

  is_function = var.service == "lambda.amazonaws.com"
  # The states of functions and of jobs of Glue wait for their end, not for callbacks.
  calls_back  = !contains(["glue.amazonaws.com", "lambda.amazonaws.com"], var.service)
  log_listing = local.calls_back ? ["logs:DescribeLogStreams"] : []

  account = "${var.domain.region}:${var.domain.account_id}"
  # The rows that violate the contract of a table are in a second table; a pattern includes it.
  quarantines   = toset([for table in var.output_tables : "${table}__quarantine" if !endswith(table, "*")])
  output_tables = setunion(var.output_tables, local.quarantines)
  tables        = setunion(var.input_tables, local.output_tables)

  databases        = toset([for table in local.tables : split(".", table)[0]])
  output_databases = toset([for table in var.output_tables : split(".", table)[0]])

  data_bucket_arn      = "arn:${var.domain.partition}:s3:::${var.domain.data_bucket}"
  technical_bucket_arn = "arn:${var.domain.partition}:s3:::${var.domain.technical_bucket}"
  folders              = { for table in local.tables : table => replace(table, ".", "/") }

  glue_arn    = "arn:${var.domain.partition}:glue:${local.account}"
  catalog_arn = "${local.glue_arn}:catalog"
  database_arn = {
    for database in local.databases : database => "${local.glue_arn}:database/${var.domain.database_prefix}${database}"
  }
  table_arn = {
    for table in local.tables : table => "${local.glue_arn}:table/${var.domain.database_prefix}${local.folders[table]}"
  }
}

module "names" {
  source = "../../../modules/names"
  names  = { role = var.name }
}
