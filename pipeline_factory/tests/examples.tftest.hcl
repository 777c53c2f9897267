# The examples can be planned, each as a separate configuration.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "minimal" {
  command = plan

  module {
    source = "./examples/minimal"
  }

  assert {
    condition     = output.state_machine_arn != ""
    error_message = "No state machine exists."
  }
}

run "complete" {
  command = plan

  module {
    source = "./examples/complete"
  }

  assert {
    condition = jsonencode(module.pipeline.task_levels) == jsonencode([
      ["load_orders"],
      ["customers", "sales_by_day"],
    ])
    error_message = "The levels are ${jsonencode(module.pipeline.task_levels)}."
  }
}

run "event_driven" {
  command = plan

  module {
    source = "./examples/event_driven"
  }

  assert {
    condition     = module.pipeline.dead_letter_queue_url != null
    error_message = "Files are not batched."
  }
}

run "spark" {
  command = plan

  module {
    source = "./examples/spark"
  }

  assert {
    condition     = module.pipeline.database_name == "dev_web_visits"
    error_message = "The database is ${module.pipeline.database_name}."
  }
}
