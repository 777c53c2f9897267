# The demonstration can be planned; `make demo-aws` applies it.

mock_provider "aws" {
  source          = "../../domain_factory/tests/mocks"
  override_during = plan
}

run "domain_and_pipeline" {
  command = plan

  assert {
    condition     = jsonencode(module.pipeline.task_levels) == jsonencode([["load_orders"], ["sales_by_day"]])
    error_message = "The levels are ${jsonencode(module.pipeline.task_levels)}."
  }

  assert {
    condition     = output.inbox == "shop-sales-dev-technical"
    error_message = "The inbox is ${output.inbox}."
  }
}
