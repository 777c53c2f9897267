# Settings that a pipeline takes from its domain, or overrides: when a destroy removes its database, and others.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "protection_packages_and_jupyter_depend_on_the_domain" {
  command = plan

  variables {
    domain_object = merge(var.domain_object, {
      stage_name      = "prod"
      prevent_destroy = false
      codeartifact = {
        domain     = "shop-sales-dev"
        repository = "python"
        endpoint   = "https://shop.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/"
      }
      freshness_check_role_arn = "arn:aws:iam::111122223333:role/datalake/shop_sales_dev_freshness_check"
    })
  }

  assert {
    condition = {
      for database, grant in aws_lakeformation_permissions.freshness_check_tables :
      "${database} ${element(split("/", grant.principal), 2)}" => grant.permissions
    } == { "dev_orders shop_sales_dev_freshness_check" = toset(["DESCRIBE"]) }
    error_message = "The function that checks freshness does not see the tables of the pipeline."
  }

  assert {
    condition     = keys(aws_lakeformation_permissions.freshness_check_database) == ["dev_orders"]
    error_message = "The function that checks freshness does not see the database of the pipeline."
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails in a domain whose data is deleted."
  }

  override_data {
    target = module.sdk.data.aws_codeartifact_authorization_token.this
    values = { authorization_token = "secret" }
  }

  assert {
    condition     = strcontains(module.sdk.pip_configuration, "://aws:secret@shop.d.codeartifact.")
    error_message = "The pip configuration is ${nonsensitive(module.sdk.pip_configuration)}."
  }

  assert {
    condition     = !local.has_jupyter
    error_message = "Images in stage prod contain Jupyter."
  }
}

run "a_pipeline_overrides_the_defaults_of_its_domain" {
  command = plan

  variables {
    prevent_destroy   = false
    alarms            = { enabled = false }
    domain_object     = merge(var.domain_object, { stage_name = "prod" })
    jupyter_in_images = true
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails with prevent_destroy = false."
  }

  assert {
    condition     = length(aws_lakeformation_permissions.freshness_check_tables) == 0
    error_message = "Permissions are granted without a function that checks freshness."
  }

  assert {
    condition     = local.has_jupyter
    error_message = "Images do not contain Jupyter although jupyter_in_images is true."
  }

  assert {
    condition = length(aws_cloudwatch_metric_alarm.executions) + length(
      aws_cloudwatch_metric_alarm.dead_letters
    ) == 0
    error_message = "A pipeline without alarms has one."
  }
}
