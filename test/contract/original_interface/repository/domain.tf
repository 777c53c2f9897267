module "domain" {
  source = "../../../../domain_factory"

  project_name   = var.project_name
  domain_name    = var.domain_name
  stage_name     = local.stage_name
  git_repository = "https://git.example.com/shop/billing"

  datalake_admin_principal_arns        = var.datalake_admin_principal_arns
  failure_notification_receivers       = ["billing@example.com"]
  skip_emr_serverless_sandbox_creation = false
  use_public_subnets                   = false
  enable_llm                           = true
  failure_investigation_model_size     = "small"
  prevent_destroy                      = var.prevent_destroy
  data_retention                       = { delete_data_on_destroy = !var.prevent_destroy }
}

locals {
  stage_name = terraform.workspace == "default" ? var.stage_name : terraform.workspace
}
