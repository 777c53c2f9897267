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
  }

  assert {
    condition = terraform_data.tables["this"].triggers_replace.files == {
      "tests/fixture/landing/code/tables_configuration" = {
        "orders.raw" = { description = "Orders", schema = { id = { type = "long" } } }
      }
    }
    error_message = "The plan does not show the content of the table files."
  }
}
