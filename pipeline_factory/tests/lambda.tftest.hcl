# The states of tasks on Lambda.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  tasks_configuration = {
    load = {
      path                  = "tests/fixture/load"
      infra_type            = "Lambda"
      output_tables         = { "orders.raw" = {} }
      additional_parameters = { factor = "2", "key.$" = "$.detail.object.key" }
      timeout_minutes       = 5
    }
    report = {
      path          = "tests/fixture/report"
      type          = "sql"
      infra_type    = "Lambda"
      input_tables  = ["orders.raw"]
      output_tables = { "orders.by_country" = {} }
      for_each      = { items = ["eu", "us"] }
    }
    notify = {
      path       = "tests/fixture/load"
      infra_type = "Lambda"
      when       = "$load.tables.`orders.raw`.rows_inserted > 0"
    }
  }
}

run "the_state_waits_for_the_answer_of_the_function" {
  command = plan

  assert {
    condition = (
      local.states.load.Resource == "arn:aws:states:::lambda:invoke"
      && toset(keys(local.states.load.Parameters.Payload.variables)) == toset([
        for variable in concat(jsondecode(file("../test/contract/task_variables.json")).state, [
          "TASK_ADDITIONAL_PARAMETERS_key",
        ]) : "${variable}.$" if variable != "step_function_task_token"
      ])
    )
    error_message = "The state sends ${jsonencode(local.states.load.Parameters)}."
  }

  assert {
    condition     = [local.states.load.TimeoutSeconds, can(local.states.load.HeartbeatSeconds)] == [360, false]
    error_message = "The state does not wait for the function to report a timeout, or for heartbeats."
  }

  assert {
    condition = (
      join(",", local.states.load.Retry[0].ErrorEquals) == "TransientError"
      && contains(local.states.load.Retry[1].ErrorEquals, "Lambda.TooManyRequestsException")
    )
    error_message = "The state retries ${jsonencode(local.states.load.Retry)}."
  }

  assert {
    condition     = local.states.load.ResultPath == "$" && keys(local.states.load.ResultSelector) == ["tables.$"]
    error_message = "The condition of another task does not read the result of the task."
  }

  assert {
    condition = (
      startswith(local.states.report.Arguments.Payload.variables, "{% $merge([{'step_function_execution_arn': ")
      && endswith(local.states.report.Arguments.Payload.variables, ", $states.input.variables]) %}")
    )
    error_message = "An iteration sends ${jsonencode(local.states.report.Arguments)}."
  }
}
