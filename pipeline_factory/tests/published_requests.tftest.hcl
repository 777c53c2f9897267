# What run_task finds in Parameter Store.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "every_task_has_a_parameter_with_the_name_that_the_sdk_reads" {
  command = plan

  assert {
    condition     = keys(aws_ssm_parameter.task_request) == ["enrich", "load", "report"]
    error_message = "Parameters exist for ${join(", ", keys(aws_ssm_parameter.task_request))}."
  }

  assert {
    condition     = contains(jsondecode(file("../test/contract/naming_cases.json"))[*].name, aws_ssm_parameter.task_request["load"].name)
    error_message = "No golden case has the name ${aws_ssm_parameter.task_request["load"].name}."
  }
}

run "a_container_gets_the_same_request_from_its_state_and_its_parameter" {
  command = plan

  assert {
    condition = jsondecode(aws_ssm_parameter.task_request["load"].insecure_value).request == jsondecode(jsonencode({
      for field, value in local.states.load.Parameters : field => value if field != "Overrides"
    }))
    error_message = "The parameter is ${aws_ssm_parameter.task_request["load"].insecure_value}."
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.task_request["load"].insecure_value).container == local.states.load.Parameters.Overrides.ContainerOverrides[0].Name
    error_message = "The parameter is ${aws_ssm_parameter.task_request["load"].insecure_value}."
  }
}

run "a_job_run_gets_the_same_request_from_its_state_and_its_parameter" {
  command = plan

  assert {
    condition = jsondecode(aws_ssm_parameter.task_request["enrich"].insecure_value).request == jsondecode(jsonencode(merge(
      { for field, value in local.states.enrich.Arguments : field => value if field != "ClientToken" },
      { JobDriver = { SparkSubmit = { EntryPoint = local.states.enrich.Arguments.JobDriver.SparkSubmit.EntryPoint } } },
    )))
    error_message = "The parameter is ${aws_ssm_parameter.task_request["enrich"].insecure_value}."
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.task_request["enrich"].insecure_value).environment == local.task_variables.enrich
    error_message = "The parameter is ${aws_ssm_parameter.task_request["enrich"].insecure_value}."
  }

  assert {
    condition = alltrue([
      for setting, value in jsondecode(aws_ssm_parameter.task_request["enrich"].insecure_value).spark_settings :
      strcontains(local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters, "--conf '${setting}=${value}'")
    ])
    error_message = "The parameter is ${aws_ssm_parameter.task_request["enrich"].insecure_value}."
  }
}

run "parameters_of_an_execution_are_listed" {
  command = plan

  variables {
    tasks_configuration = {
      load = { path = "tests/fixture/load", additional_parameters = { factor = "2", "key.$" = "$.detail.object.key" } }
    }
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.task_request["load"].insecure_value).computed_variables == ["TASK_ADDITIONAL_PARAMETERS_key"]
    error_message = "The parameter is ${aws_ssm_parameter.task_request["load"].insecure_value}."
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
    condition     = length(local.published_requests.enrich) > 8192 && length(aws_ssm_parameter.task_request["enrich"].insecure_value) < 8192
    error_message = "The parameter has ${length(aws_ssm_parameter.task_request["enrich"].insecure_value)} characters."
  }

  assert {
    condition     = startswith(aws_ssm_parameter.task_request["enrich"].insecure_value, "H4sI")
    error_message = "The parameter is ${aws_ssm_parameter.task_request["enrich"].insecure_value}."
  }
}
