# Tables from the files of tasks.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  tasks_configuration = { load = { path = "tests/fixture/landing", output_tables = { "orders.raw" = {} } } }
}

run "tables_are_applied_only_on_request" {
  command = plan

  variables {
    apply_tables = true
    domain_object = merge(var.domain_object, {
      table_bucket_arn = "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop-sales-dev-tables"
    })
  }

  assert {
    condition = terraform_data.tables["this"].triggers_replace.files == {
      "tests/fixture/landing/code/tables_configuration" = {
        "orders.raw" = { description = "Orders", schema = { id = { type = "long" } } }
      }
    }
    error_message = "The plan does not show the content of the table files."
  }

  assert {
    condition     = terraform_data.tables["this"].triggers_replace.environment.TABLE_STORAGE == "s3_tables"
    error_message = "The tables of a table bucket are created elsewhere."
  }
}
