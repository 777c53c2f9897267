mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { arn = "arn:aws:sts::111122223333:assumed-role/platform/terraform" }
  }

  mock_data "aws_lakeformation_data_lake_settings" {
    defaults = {
      parameters       = { CROSS_ACCOUNT_VERSION = "4", SET_CONTEXT = "TRUE" }
      read_only_admins = ["arn:aws:iam::111122223333:role/auditor"]
    }
  }
}

variables {
  administrators = ["arn:aws:iam::111122223333:role/teams/platform"]
}

run "other_settings_of_the_account_are_kept" {
  command = plan

  assert {
    condition = (
      aws_lakeformation_data_lake_settings.account.parameters.CROSS_ACCOUNT_VERSION == "4"
      && contains(
        aws_lakeformation_data_lake_settings.account.read_only_admins, "arn:aws:iam::111122223333:role/auditor"
      )
    )
    error_message = "Other settings of the account are not kept."
  }

  assert {
    condition = output.settings == {
      administrators              = toset(["arn:aws:iam::111122223333:role/teams/platform"])
      use_only_iam_access_control = false
    }
    error_message = "The settings are ${jsonencode(output.settings)}."
  }
}

run "sessions_are_rejected" {
  command = plan

  variables {
    administrators = ["arn:aws:sts::111122223333:assumed-role/platform/terraform"]
  }

  expect_failures = [var.administrators]
}

run "the_identity_that_runs_terraform_must_remain_an_administrator" {
  command = plan

  variables {
    administrators = ["arn:aws:iam::111122223333:role/someone_else"]
  }

  expect_failures = [var.administrators]
}

run "more_than_30_administrators_are_rejected" {
  command = plan

  variables {
    administrators = concat(
      ["arn:aws:iam::111122223333:role/platform"],
      [for number in range(30) : "arn:aws:iam::111122223333:role/admin_${number}"],
    )
  }

  expect_failures = [var.administrators]
}
