# When a destroy removes the databases of a domain.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
}

run "databases_are_protected_by_default" {
  command = plan

  assert {
    condition     = alltrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy removes the databases by default."
  }

  assert {
    condition     = output.domain_object.prevent_destroy
    error_message = "A destroy removes the databases of pipelines by default."
  }
}

run "databases_are_not_protected_if_the_data_is_deleted" {
  command = plan

  variables {
    data_retention = { delete_data_on_destroy = true }
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails, although it deletes the data."
  }

  assert {
    condition     = !output.domain_object.prevent_destroy
    error_message = "A destroy of pipelines fails, although it deletes the data."
  }
}

run "prevent_destroy_applies_if_the_data_is_deleted" {
  command = plan

  variables {
    data_retention  = { delete_data_on_destroy = true }
    prevent_destroy = true
  }

  assert {
    condition     = alltrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy removes databases with prevent_destroy = true."
  }

  assert {
    condition     = output.domain_object.prevent_destroy
    error_message = "A destroy removes the databases of pipelines with prevent_destroy = true."
  }
}

run "pipelines_of_a_domain_that_keeps_its_data_remain_protected" {
  command = plan

  variables {
    prevent_destroy = false
  }

  assert {
    condition     = !anytrue([for protection in terraform_data.database_protection : protection.input])
    error_message = "A destroy fails with prevent_destroy = false."
  }

  assert {
    condition     = output.domain_object.prevent_destroy
    error_message = "A destroy removes the databases of pipelines although the bucket keeps their files."
  }
}
