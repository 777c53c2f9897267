mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333", arn = "arn:aws:sts::111122223333:assumed-role/deploy/ci" }
  }
}

run "the_role_of_the_provider_is_accepted_with_any_path" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::111122223333:role/ci/deploy"
  }

  assert {
    condition     = data.aws_caller_identity.deployer.account_id == "111122223333"
    error_message = "The identity of the provider is not compared."
  }
}

run "a_different_role_causes_a_warning" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::111122223333:role/other"
  }

  expect_failures = [check.role_to_assume]
}

run "a_role_of_a_different_account_causes_a_warning" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::444455556666:role/deploy"
  }

  expect_failures = [check.role_to_assume]
}
