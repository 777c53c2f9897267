# Terraform and Python name one thing alike.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "names_agree_with_pythons" {
  command = plan

  module {
    source = "./tests/naming"
  }

  assert {
    condition     = output.compared > 5 && output.differences == []
    error_message = "Of ${output.compared} names: ${join("; ", output.differences)}."
  }
}

run "a_name_over_64_characters_is_cut_as_in_python" {
  command = plan

  variables {
    project_name   = "shop_of_everything"
    domain_name    = "sales_of_all_countries"
    stage_name     = "staging"
    git_repository = "https://git.example.com/shop/sales"
  }

  # datalake_sdk.naming.shortened("shop_of_everything_sales_of_all_countries_staging_failsafe_schedule", 64)
  assert {
    condition     = local.names.failsafe_schedule == "shop_of_everything_sales_of_all_countries_staging_fail_afe98d4a1"
    error_message = "The cut name is ${local.names.failsafe_schedule}."
  }
}
