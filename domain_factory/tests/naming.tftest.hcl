# Names match those of the SDK.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "names_match_the_golden_cases" {
  command = plan

  module {
    source = "./tests/naming"
  }

  assert {
    condition     = output.compared > 5 && output.differences == []
    error_message = "Of ${output.compared} names: ${join("; ", output.differences)}."
  }
}

run "profiles_and_consumer_groups_match_the_golden_cases" {
  command = plan

  variables {
    project_name   = "shop"
    domain_name    = "sales"
    stage_name     = "dev"
    git_repository = "https://git.example.com/shop/sales"

    table_storage       = "s3_tables"
    consumer_groups     = ["finance"]
    datalfred_user_arns = ["arn:aws:iam::111122223333:role/analyst"]
  }

  assert {
    condition = toset(concat(
      values(aws_athena_workgroup.consumer)[*].name,
      [for key in keys(aws_ssm_parameter.this) : aws_ssm_parameter.this[key].name if key == "datalfred_role_arn"],
      [for prefix in local.consumer_prefixes : "${prefix}/unload"],
      )) == toset([
      for case in jsondecode(file("../test/contract/naming_cases.json")) : case.name
      if contains(["agent_role_parameter_name", "unload_folder", "workgroup_name"], case.function)
    ])
    error_message = "The names of consumer groups and of Datalfred are different."
  }

  assert {
    condition = local.table_bucket == one([
      for case in jsondecode(file("../test/contract/naming_cases.json")) : case.name
      if case.function == "table_bucket_name"
    ])
    error_message = "The name of the table bucket is ${local.table_bucket}."
  }

  assert {
    condition     = keys(module.table_bucket) == [local.table_bucket]
    error_message = "The domain has no table bucket."
  }

  assert {
    condition = {
      for size, profile in aws_bedrock_inference_profile.this : size => profile.name
      } == {
      for case in jsondecode(file("../test/contract/naming_cases.json")) : case.arguments[1] => case.name
      if case.function == "model_profile_name"
    }
    error_message = "The profiles are ${jsonencode(values(aws_bedrock_inference_profile.this)[*].name)}."
  }
}

run "names_over_64_characters_are_truncated_as_in_the_sdk" {
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
    error_message = "The truncated name is ${local.names.failsafe_schedule}."
  }
}
