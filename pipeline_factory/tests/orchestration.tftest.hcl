# The state machine: the order of tasks, their states, and templates that replace both.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "tasks_run_after_the_tasks_that_write_their_inputs" {
  command = plan

  assert {
    condition     = output.task_levels == [["load"], ["enrich", "report"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).StartAt == "Level 1"
    error_message = "The definition starts at ${jsondecode(aws_sfn_state_machine.this.definition).StartAt}."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States["Level 1"].Next == "Level 2"
    error_message = "The first level is not followed by the second."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States["Level 2"].End == true
    error_message = "The last level does not end the execution."
  }

  assert {
    condition = [
      for branch in jsondecode(aws_sfn_state_machine.this.definition).States["Level 2"].Branches : branch.StartAt
    ] == ["enrich", "report"]
    error_message = "The second level does not run its tasks in parallel."
  }

  assert {
    condition = alltrue([
      for branch in values(local.branches) : 200 * (length(jsonencode(branch)) + 2 * 64) < 1048576
    ])
    error_message = "A state has ${max([for branch in local.branches : length(jsonencode(branch))]...)} characters."
  }
}

run "after_adds_dependencies" {
  command = plan

  variables {
    tasks_configuration = {
      first  = { path = "tests/fixture/load" }
      second = { path = "tests/fixture/load", after = ["first"] }
      third  = { path = "tests/fixture/load", after = ["first"] }
      fourth = { path = "tests/fixture/load", after = ["second", "first"] }
    }
  }

  assert {
    condition     = output.task_levels == [["first"], ["second", "third"], ["fourth"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }
}

run "a_task_may_read_the_table_that_it_writes" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "tests/fixture/load"
        input_tables  = ["orders.raw"]
        output_tables = { "orders.raw" = {} }
      }
    }
  }

  assert {
    condition     = output.task_levels == [["load"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }
}

run "a_chain_of_tasks_has_one_level_per_task" {
  command = plan

  variables {
    tasks_configuration = {
      for index in range(20) : format("task%02d", index) => {
        path  = "tests/fixture/load"
        after = index == 0 ? [] : [format("task%02d", index - 1)]
      }
    }
  }

  assert {
    condition     = flatten(output.task_levels) == [for index in range(20) : format("task%02d", index)]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }
}

run "a_cycle_is_rejected" {
  command = plan

  variables {
    tasks_configuration = {
      apart  = { path = "tests/fixture/load" }
      first  = { path = "tests/fixture/load", input_tables = ["orders.b"], output_tables = { "orders.a" = {} } }
      second = { path = "tests/fixture/load", input_tables = ["orders.a"], output_tables = { "orders.c" = {} } }
      third  = { path = "tests/fixture/load", after = ["second"], output_tables = { "orders.b" = {} } }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_state_waits_for_the_callback_and_can_be_redriven" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "tests/fixture/load", timeout_minutes = 30, heartbeat_seconds = 120, retries = 4 }
    }
  }

  assert {
    condition = jsondecode(
      aws_sfn_state_machine.this.definition
    ).States["Level 1"].Branches[0].States.load.Resource == "arn:aws:states:::ecs:runTask.waitForTaskToken"
    error_message = "The state does not wait for the callback of the task."
  }

  assert {
    condition = [
      local.states.load.TimeoutSeconds,
      local.states.load.HeartbeatSeconds,
      local.states.load.Retry[0].MaxAttempts,
    ] == [1800, 120, 4]
    error_message = "The limits of the state differ from those of the task."
  }

  assert {
    condition = (
      contains(local.states.load.Retry[0].ErrorEquals, "TransientError")
      && contains(local.states.load.Retry[1].ErrorEquals, "ECS.AmazonECSException")
    )
    error_message = "Transient errors and missing capacity are not retried."
  }

  assert {
    condition     = !strcontains(aws_sfn_state_machine.this.definition, "\"Fail\"")
    error_message = "An execution that enters a Fail state cannot continue with its failed task after a redrive."
  }
}

run "a_template_replaces_the_generated_definition" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/choice.asl.json"
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.load.Parameters.LaunchType == "FARGATE"
    error_message = "The placeholder of load is not replaced with its state."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.load.Next == "Is it Monday?"
    error_message = "Fields of the template are lost."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.enrich.QueryLanguage == "JSONata"
    error_message = "The placeholder of enrich is not replaced with its state."
  }
}

run "a_placeholder_without_a_task_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/choice.asl.json"
    tasks_configuration = {
      load   = { path = "tests/fixture/load" }
      enrich = { path = "tests/fixture/load" }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_task_without_a_placeholder_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/choice.asl.json"
    tasks_configuration = {
      load   = { path = "tests/fixture/load" }
      enrich = { path = "tests/fixture/load" }
      report = { path = "tests/fixture/load" }
      more   = { path = "tests/fixture/load" }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_template_that_is_not_json_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/broken.asl.json"
    tasks_configuration                            = { load = { path = "tests/fixture/load" } }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "fields_of_a_template_replace_those_of_the_task" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/replacing.asl.json"
  }

  assert {
    condition = jsonencode({
      for field in ["ResultPath", "Retry", "TimeoutSeconds", "HeartbeatSeconds", "Next"] :
      field => jsondecode(aws_sfn_state_machine.this.definition).States.load[field]
      }) == jsonencode({
      ResultPath       = "$.load"
      Retry            = [{ ErrorEquals = ["States.ALL"], MaxAttempts = 1 }]
      TimeoutSeconds   = 300
      HeartbeatSeconds = 299
      Next             = "Are there rows?"
    })
    error_message = "The state is ${jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.load)}."
  }

  assert {
    condition = alltrue([
      for field, count in { ResultPath = 2, Retry = 3, TimeoutSeconds = 3, HeartbeatSeconds = 3, Output = 1 } :
      length(regexall("\"${field}\":", aws_sfn_state_machine.this.definition)) == count
    ])
    error_message = "A field is duplicated in ${aws_sfn_state_machine.this.definition}."
  }

  assert {
    condition = jsondecode(
      aws_sfn_state_machine.this.definition
    ).States.Both.Branches[0].States.report.HeartbeatSeconds == 90
    error_message = "A field inside a Parallel state is lost."
  }

  assert {
    condition = jsondecode(
      aws_sfn_state_machine.this.definition
    ).States.Both.Branches[1].States.enrich.Output == "{% $states.result %}"
    error_message = "The output of a Spark task cannot be replaced."
  }
}

run "result_path_of_a_spark_task_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/result_path_of_spark.asl.json"
    tasks_configuration = {
      enrich = { path = "tests/fixture/enrich", infra_type = "EMRServerless" }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_placeholder_next_to_different_fields_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/twice.asl.json"
    tasks_configuration                            = { load = { path = "tests/fixture/load" } }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_placeholder_outside_of_a_state_is_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/misplaced.asl.json"
    tasks_configuration                            = { load = { path = "tests/fixture/load" } }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_definition_over_the_limit_is_rejected" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path                  = "tests/fixture/enrich"
        infra_type            = "EMRServerless"
        additional_parameters = { text = join("", [for _ in range(600) : format("%01000d", 0)]) }
      }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "more_than_128_levels_are_rejected" {
  command = plan

  override_module {
    target  = module.paths_of_128
    outputs = { path_lengths = { load = {}, enrich = { load = 1 }, report = { load = 128 } } }
  }

  expect_failures = [aws_sfn_state_machine.this]
}
