# When a destroy removes the database of a pipeline.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_database_is_protected_by_default" {
  command = plan

  assert {
    condition     = alltrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy removes the database by default."
  }
}

run "the_database_is_not_protected_in_an_unprotected_domain" {
  command = plan

  variables {
    domain_object = merge(var.domain_object, { prevent_destroy = false })
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails in a domain whose data is deleted."
  }
}

run "prevent_destroy_overrides_the_default_of_the_domain" {
  command = plan

  variables {
    prevent_destroy = false
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails with prevent_destroy = false."
  }
}
