# The domain of the integration pipeline, in private subnets, as Spark requires. `terraform destroy` deletes its data.

module "domain" {
  source = "../domain_factory"

  project_name   = var.project_name
  domain_name    = var.domain_name
  stage_name     = var.stage_name
  git_repository = var.git_repository

  network            = var.network
  use_public_subnets = false
  container_cli      = var.container_cli

  # A database of the domain, so that administrators and consumers may read the tables of the pipeline.
  layers = { integration_tests = { description = "Orders from files", database = local.pipeline.pipeline_name } }

  skip_emr_serverless_sandbox_creation = false
  datalake_admin_principal_arns        = concat(values(data.aws_iam_role.administrators)[*].arn, var.tester_role_arn[*])
  failure_notification_receivers       = compact(split(",", var.failure_notification_receivers))

  data_retention = { delete_data_on_destroy = true }
}

data "aws_iam_role" "administrators" {
  for_each = toset(compact(split(",", var.datalake_admin_principal_arns)))

  name = each.value
}
