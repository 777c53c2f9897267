mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

run "role_names_are_those_of_the_sdk" {
  command = plan

  module {
    source = "./tests/naming"
  }

  assert {
    condition     = length(output.names) > 1 && alltrue([for expected, name in output.names : name == expected])
    error_message = "The roles are named ${jsonencode(output.names)}, by what is expected."
  }
}
