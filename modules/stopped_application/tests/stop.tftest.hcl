run "an_application_is_stopped_before_its_settings_change_and_before_it_is_deleted" {
  command = plan

  variables {
    application_name = "shop_sales_dev"
    application_id   = "00abc"
    region           = "eu-west-1"
    settings         = jsonencode(["registry/emr:2"])
  }

  assert {
    condition     = terraform_data.before_update["this"].triggers_replace == var.settings
    error_message = "The application is updated while it is started."
  }

  assert {
    condition = terraform_data.before_deletion["this"].triggers_replace == {
      id          = "00abc"
      environment = { NAME = "shop_sales_dev", AWS_REGION = "eu-west-1" }
    }
    error_message = "Another application is stopped."
  }
}

run "without_an_application_nothing_is_stopped" {
  command = plan

  variables {
    application_name = "shop_sales_dev"
    application_id   = null
    enabled          = false
    region           = "eu-west-1"
    settings         = "[]"
  }

  assert {
    condition     = length(terraform_data.before_update) == 0 && length(terraform_data.before_deletion) == 0
    error_message = "An application is stopped."
  }
}
