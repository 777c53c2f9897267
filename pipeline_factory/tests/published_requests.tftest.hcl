# The requests that run_task reads from Parameter Store.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "published_requests_match_the_sdks_golden_file" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path          = "tests/fixture/load"
        output_tables = { "orders.raw" = { ingestion_mode = "overwrite", partition_keys = ["day(ordered_at)"] } }
      }
      enrich = {
        path                  = "tests/fixture/enrich"
        infra_type            = "EMRServerless"
        infra_config          = { spark_configuration = { "spark.executor.memory" = "8g" } }
        input_tables          = ["orders.raw", "sales.customers"]
        output_tables         = { "orders.enriched" = { ingestion_mode = "upsert", upsert_keys = ["order_id"] } }
        additional_parameters = { quote = "it's <b> & \"c\"", "key.$" = "$.detail.object.key" }
      }
      convert = { path = "tests/fixture/load", infra_type = "Lambda" }
    }
  }

  assert {
    condition = alltrue([
      for name in ["load", "enrich", "convert"] :
      aws_ssm_parameter.task_request[name].insecure_value == jsonencode(
        jsondecode(file("../test/contract/published_requests.json"))[name]
      )
    ])
    error_message = "The parameters are ${jsonencode(values(aws_ssm_parameter.task_request)[*].insecure_value)}."
  }

  assert {
    condition = strcontains(
      replace(local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters, "\\\"", "\""),
      replace(
        jsondecode(file("../test/contract/published_requests.json"))["spark submit parameters of enrich"],
        "\\",
        "\\\\",
      ),
    )
    error_message = "The state has ${local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters}."
  }
}

run "a_state_sends_the_published_request" {
  command = plan

  variables {
    tasks_configuration = {
      load = {
        path         = "tests/fixture/load"
        infra_config = { use_spot = true, architecture = "ARM64" }
      }
      enrich  = { path = "tests/fixture/enrich", infra_type = "EMRServerless" }
      convert = { path = "tests/fixture/load", infra_type = "Lambda" }
    }
  }

  assert {
    condition = (
      jsondecode(local.published_requests.convert).request.FunctionName == local.states.convert.Parameters.FunctionName
    )
    error_message = "The state sends ${jsonencode(local.states.convert.Parameters)}."
  }

  assert {
    condition = (
      local.states.load.Parameters.CapacityProviderStrategy == [{ CapacityProvider = "FARGATE_SPOT", Weight = 1 }]
      && !can(local.states.load.Parameters.LaunchType)
    )
    error_message = "The state sends ${jsonencode(local.states.load.Parameters)}."
  }

  assert {
    condition = jsondecode(local.published_requests.load).request == jsondecode(jsonencode({
      for field, value in local.states.load.Parameters : field => value if field != "Overrides"
    }))
    error_message = "The state sends ${jsonencode(local.states.load.Parameters)}."
  }

  assert {
    condition = jsondecode(
      local.published_requests.load
    ).container == local.states.load.Parameters.Overrides.ContainerOverrides[0].Name
    error_message = "The state sends ${jsonencode(local.states.load.Parameters)}."
  }

  assert {
    condition = jsondecode(local.published_requests.enrich).request == jsondecode(jsonencode(merge(
      { for field, value in local.states.enrich.Arguments : field => value if field != "ClientToken" },
      { JobDriver = { SparkSubmit = { EntryPoint = local.states.enrich.Arguments.JobDriver.SparkSubmit.EntryPoint } } },
    )))
    error_message = "The state sends ${jsonencode(local.states.enrich.Arguments)}."
  }
}

run "a_request_over_the_limit_of_a_parameter_is_compressed" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path                  = "tests/fixture/enrich"
        infra_type            = "EMRServerless"
        additional_parameters = { columns = join(",", [for index in range(1000) : "measurement_${index}"]) }
      }
    }
  }

  assert {
    condition = (
      length(local.published_requests.enrich) > 8192
      && length(aws_ssm_parameter.task_request["enrich"].insecure_value) < 8192
    )
    error_message = "The parameter has ${length(aws_ssm_parameter.task_request["enrich"].insecure_value)} characters."
  }

  assert {
    condition     = startswith(aws_ssm_parameter.task_request["enrich"].insecure_value, "H4sI")
    error_message = "The parameter is ${aws_ssm_parameter.task_request["enrich"].insecure_value}."
  }
}
