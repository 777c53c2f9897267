# The application of a Spark task and the state that starts its job runs.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { repository_url = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/repository" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/role" }
  }
}

variables {
  name      = "shop_sales_dev_orders_enrich"
  task_name = "enrich"
  task = {
    path         = "../../tests/fixture/enrich"
    requirements = "../../tests/fixture/enrich/requirements.txt"
    infra_config = {
      architecture         = "X86_64"
      spark_configuration  = {}
      idle_timeout_minutes = 5
      maximum_capacity     = { cpu = "16 vCPU", memory = "64 GB" }
    }
    input_tables               = []
    output_tables              = {}
    additional_rebuild_trigger = ""
    additional_permissions     = {}
    timeout_minutes            = 60
  }
  domain = {
    database_prefix        = "dev_"
    region                 = "eu-west-1"
    account_id             = "111122223333"
    partition              = "aws"
    data_bucket            = "shop-sales-dev-data"
    technical_bucket       = "shop-sales-dev-technical"
    kms_key_arn            = "arn:aws:kms:eu-west-1:111122223333:key/0f0e0d0c-1111-2222-3333-444455556666"
    athena_workgroup       = "shop_sales_dev"
    lake_formation_enabled = false
    network                = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    emr_serverless         = { release_label = "emr-spark-8.0.0" }
    container_cli          = "docker"
    base_images            = { emr = "emr:8.0.0" }
  }
  sdk                   = { version = "0.1.0+h0123456789ab", context_command = "mkdir dist" }
  environment_variables = {}
  computed_variables    = {}
  log_group_name        = "shop_sales_dev_orders/enrich"
  log_retention_days    = 30
}

run "a_long_name_is_truncated_to_the_limit_of_emr_serverless" {
  command = plan

  variables {
    name   = "shop_sales_dev_orders_of_all_countries_and_regions_load_and_clean_everything"
    domain = merge(var.domain, { emr_serverless = { release_label = "emr-7.12.0" } })
  }

  assert {
    condition = contains([
      for case in jsondecode(file("../../../test/contract/naming_cases.json")) :
      case.name if case.function == "task_role_name" && join("_", case.arguments) == var.name
    ], aws_emrserverless_application.this.name)
    error_message = "The name of the application is ${aws_emrserverless_application.this.name}."
  }

  assert {
    condition     = local.python.PYTHON == "3.11"
    error_message = "Python workers of Spark 3.5 do not run on the default Python of the image."
  }
}

run "the_capacity_of_the_application_is_limited" {
  command = plan

  assert {
    condition = (
      aws_emrserverless_application.this.maximum_capacity[0].cpu == "16 vCPU"
      && aws_emrserverless_application.this.maximum_capacity[0].memory == "64 GB"
    )
    error_message = "The limit is ${jsonencode(aws_emrserverless_application.this.maximum_capacity)}."
  }
}

run "only_the_log_group_encrypts_the_log_of_a_job_run" {
  command = plan

  assert {
    condition = !strcontains(
      jsonencode(output.state.Arguments.ConfigurationOverrides.MonitoringConfiguration),
      "EncryptionKeyArn",
    )
    error_message = "EMR Serverless rejects the key, for which the role of the task has no permission."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.domain.kms_key_arn
    error_message = "The key of the log group is ${aws_cloudwatch_log_group.this.kms_key_id}."
  }
}

run "errors_that_the_api_does_not_model_are_retried" {
  command = plan

  assert {
    condition     = length(local.python) == 0
    error_message = "The image of a release with Spark 4.0 has the Python of the Dockerfile."
  }

  assert {
    condition     = contains(output.capacity_errors, "EmrServerless.EmrServerlessException")
    error_message = "The retried errors are ${join(", ", output.capacity_errors)}."
  }
}
