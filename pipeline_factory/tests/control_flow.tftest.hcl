# Conditions, loops and catches in the generated state machine. test/terraform/test_control_flow.py executes these
# definitions.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "conditions" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "tests/fixture/load"
        output_tables = { "orders.raw" = {} }
        when          = "$input.kind = 'orders' or $input.rows + 0 > 10 /* large files */"
      }
      report = {
        path = "tests/fixture/load"
        when = "$load.tables.`orders.raw`.rows_inserted > 0"
      }
      done = {
        path         = "tests/fixture/load"
        input_tables = ["orders.raw"]
        when         = "$exists($load.skipped)"
      }
    }
  }

  assert {
    condition     = output.task_levels == [["load"], ["done", "report"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States["Level 1"].Assign == { "load.$" = "$[0]" }
      && !can(jsondecode(aws_sfn_state_machine.this.definition).States["Level 2"].Assign)
    )
    error_message = "Other results than those that conditions read are assigned to variables."
  }

  assert {
    condition     = [local.states.load.ResultPath, local.states.done.ResultPath] == ["$", null]
    error_message = "The output of a task that a condition reads is not its result."
  }
}

run "loops" {
  command = plan

  variables {
    tasks_configuration = {
      regions = {
        path                  = "tests/fixture/load"
        additional_parameters = { "kind.$" = "$.detail.kind" }
        for_each = {
          items           = [{ region = "eu", days = 1 }, { region = "us", days = 2.5 }]
          max_concurrency = 1
        }
      }
      files = {
        path                  = "tests/fixture/load"
        for_each              = { input = "$.detail.files" }
        additional_parameters = { limit = "3" }
      }
      report = {
        path = "tests/fixture/load"
        when = "$count($files) = 2 and $regions[1].parameters.days = '2.5'"
      }
    }
  }

  assert {
    condition     = [for name in ["regions", "files"] : local.loop_states[name].MaxConcurrency] == [1, 4]
    error_message = "The concurrency of loops is ${jsonencode([for loop in local.loop_states : loop.MaxConcurrency])}."
  }

  assert {
    condition = alltrue([
      for variable in jsondecode(file("../test/contract/task_variables.json")).iteration :
      strcontains(local.item_expressions.regions, "'${variable}': ")
    ])
    error_message = "An iteration sets other variables than the runtime reads: ${local.item_expressions.regions}."
  }

  assert {
    condition     = local.states.regions.Output == "{% $states.result %}"
    error_message = "Iterations drop results that a condition reads."
  }
}

run "loops_over_tables" {
  command = plan

  variables {
    tasks_configuration = {
      maintain = { path = "tests/fixture/load", for_each = { tables = "sales" } }
    }
  }

  assert {
    condition     = length(local.states.maintain.Output) == 0
    error_message = "Iterations keep results that no condition reads."
  }

  assert {
    condition     = local.listed_databases == toset(["dev_sales"])
    error_message = "The state machine may list the tables of ${jsonencode(local.listed_databases)}."
  }
}

run "catches" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path  = "tests/fixture/load"
        catch = "cleanup"
      }
      files = {
        path     = "tests/fixture/load"
        after    = ["load"]
        for_each = { input = "$.files" }
        catch    = "cleanup"
      }
      report = {
        path  = "tests/fixture/load"
        after = ["files"]
        when  = "$load.error = 'TerminalError'"
      }
      cleanup = {
        path                  = "tests/fixture/load"
        additional_parameters = { "kind.$" = "$.kind" }
      }
    }
  }

  assert {
    condition     = output.task_levels == [["load"], ["files"], ["report"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }

  assert {
    condition = alltrue([
      for name in ["load", "files"] : contains(keys(local.branches[name].States), "cleanup after ${name}")
    ])
    error_message = "The states are ${jsonencode([for branch in local.branches : keys(branch.States)])}."
  }
}

run "spark_tasks" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path                  = "tests/fixture/enrich"
        infra_type            = "EMRServerless"
        for_each              = { items = ["eu", "it's"] }
        additional_parameters = { "kind.$" = "$.detail.kind" }
        catch                 = "cleanup"
      }
      cleanup = { path = "tests/fixture/enrich", infra_type = "EMRServerless" }
      report  = { path = "tests/fixture/enrich", infra_type = "EMRServerless", when = "$enrich[0].tables" }
    }
  }

  assert {
    condition     = output.task_levels == [["enrich"], ["report"]]
    error_message = "The levels are ${jsonencode(output.task_levels)}."
  }
}

run "a_template_and_control_flow_are_rejected" {
  command = plan

  variables {
    orchestration_configuration_template_file_path = "tests/fixture/choice.asl.json"
    tasks_configuration = {
      load   = { path = "tests/fixture/load", catch = "enrich" }
      enrich = { path = "tests/fixture/load" }
      report = { path = "tests/fixture/load" }
    }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "tables_of_a_table_bucket_are_not_listed" {
  command = plan

  variables {
    domain_object = merge(var.domain_object, {
      table_bucket_arn = "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop-sales-dev-tables"
    })
    tasks_configuration = { maintain = { path = "tests/fixture/load", for_each = { tables = "sales" } } }
  }

  expect_failures = [aws_sfn_state_machine.this]
}
