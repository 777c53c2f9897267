run "names_within_the_limit_are_unchanged" {
  command = plan

  variables {
    names = { at_the_limit = format("%064s", "7") }
  }

  assert {
    condition     = output.names.at_the_limit == var.names.at_the_limit
    error_message = "The name became ${output.names.at_the_limit}."
  }
}

run "longer_names_are_truncated_as_in_the_sdk" {
  command = plan

  variables {
    names = { failsafe = "shop_of_everything_sales_of_all_countries_staging_failsafe_schedule" }
  }

  # datalake_sdk.naming.shortened(name, 64)
  assert {
    condition     = output.names.failsafe == "shop_of_everything_sales_of_all_countries_staging_fail_afe98d4a1"
    error_message = "The name became ${output.names.failsafe}."
  }
}

run "role_names_match_the_golden_cases" {
  command = plan

  variables {
    names = {
      for case in jsondecode(file("../../test/contract/naming_cases.json")) :
      case.name => join("_", case.arguments) if case.function == "task_role_name"
    }
  }

  assert {
    condition     = length(output.names) > 1 && alltrue([for expected, name in output.names : name == expected])
    error_message = "Names by expected name: ${jsonencode(output.names)}."
  }
}

run "a_limit_shorter_than_the_hash_suffix_is_rejected" {
  command = plan

  variables {
    names      = {}
    max_length = 10
  }

  expect_failures = [var.max_length]
}
