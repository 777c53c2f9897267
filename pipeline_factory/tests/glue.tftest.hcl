# The states of tasks on Glue, and their jobs.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  tasks_configuration = {
    load = {
      path       = "tests/fixture/load"
      infra_type = "Glue"
      infra_config = {
        worker_type         = "G.2X"
        number_of_workers   = 3
        extra_jars          = ["s3://shop-jars/postgresql.jar"]
        spark_configuration = { "spark.sql.shuffle.partitions" = "64", "spark.sql.ansi.enabled" = "false" }
      }
      output_tables         = { "orders.raw" = {} }
      additional_parameters = { factor = "2", "key.$" = "$.detail.object.key" }
      timeout_minutes       = 30
    }
    report = {
      path          = "tests/fixture/report"
      type          = "sql"
      infra_type    = "Glue"
      input_tables  = ["orders.raw"]
      output_tables = { "orders.by_country" = {} }
      for_each      = { items = ["eu", "us"] }
    }
  }
}

run "the_state_runs_the_job_and_waits_for_its_end" {
  command = plan

  assert {
    condition = (
      local.states.load.Resource == "arn:aws:states:::glue:startJobRun.sync"
      && local.states.load.Arguments.JobName == "shop_sales_dev_orders_load"
      && alltrue([
        for variable in concat(jsondecode(file("../test/contract/task_variables.json")).state, [
          "TASK_ADDITIONAL_PARAMETERS_key",
        ]) : strcontains(local.states.load.Arguments.Arguments["--task_execution"], "'${variable}': ")
        if variable != "step_function_task_token"
      ])
    )
    error_message = "The state sends ${jsonencode(local.states.load.Arguments)}."
  }

  assert {
    condition     = [local.states.load.TimeoutSeconds, can(local.states.load.HeartbeatSeconds)] == [2700, false]
    error_message = "The state does not wait for the job to start and to report a timeout, or waits for heartbeats."
  }

  assert {
    condition     = contains(local.states.load.Retry[1].ErrorEquals, "Glue.ConcurrentRunsExceededException")
    error_message = "The state retries ${jsonencode(local.states.load.Retry)}."
  }

  assert {
    condition = endswith(
      local.states.report.Arguments.Arguments["--task_execution"], ", $states.input.variables])) %}",
    )
    error_message = "An iteration sends ${jsonencode(local.states.report.Arguments)}."
  }

  assert {
    condition     = length(module.glue_task) == 2 && length(output.task_image_uris) == 0
    error_message = "A task on Glue has an image."
  }

  assert {
    condition     = !startswith(one(values(aws_s3_object.sdk_wheel)).source, "/")
    error_message = "A checkout in another folder would upload the wheel again, without having built it."
  }

  assert {
    condition = alltrue([
      for object in aws_s3_object.sdk_wheel : alltrue([
        for argument in [object.bucket, object.key] :
        contains(terraform_data.sdk_wheel["wheel"].triggers_replace, argument)
      ])
    ])
    error_message = "The wheel would be uploaded again without having been built."
  }
}
