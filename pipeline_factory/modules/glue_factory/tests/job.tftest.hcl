# The job of a task on Glue.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/role" }
  }
}

variables {
  name          = "shop_sales_dev_orders_load"
  pipeline_name = "orders"
  task_name     = "load"
  task = {
    path         = "../../tests/fixture/load"
    requirements = "../../tests/fixture/load/requirements.txt"
    infra_config = {
      worker_type         = "G.2X"
      number_of_workers   = 3
      max_concurrent_runs = 4
      extra_jars          = ["s3://shop-jars/postgresql.jar"]
      spark_configuration = { "spark.sql.ansi.enabled" = "false", "spark.sql.shuffle.partitions" = "64" }
    }
    input_tables           = []
    output_tables          = {}
    additional_permissions = {}
    shared_modules         = ["../../tests/fixture/enrich"]
    timeout_minutes        = 30
    retries                = 2
  }
  domain = {
    database_prefix        = "dev_"
    region                 = "eu-west-1"
    account_id             = "111122223333"
    partition              = "aws"
    data_bucket            = "shop-sales-dev-data"
    technical_bucket       = "shop-sales-dev-technical"
    athena_workgroup       = "shop_sales_dev"
    lake_formation_enabled = false
  }
  wheel                 = "glue/orders/datalake_sdk-0.1.0+h0123456789ab-py3-none-any.whl"
  environment_variables = { TASK_NAME = "load" }
  computed_variables    = {}
  log_group_name        = "shop_sales_dev_orders/load"
  log_retention_days    = 30
}

run "the_job_has_the_size_the_jars_and_the_settings_of_the_task" {
  command = plan

  assert {
    condition = (
      aws_glue_job.this.worker_type == "G.2X"
      && aws_glue_job.this.number_of_workers == 3
      && aws_glue_job.this.timeout == 30
      && aws_glue_job.this.execution_property[0].max_concurrent_runs == 4
    )
    error_message = "The job is ${jsonencode(aws_glue_job.this)}."
  }

  assert {
    condition = (
      aws_glue_job.this.default_arguments["--conf"]
      == "spark.sql.ansi.enabled=false --conf spark.sql.shuffle.partitions=64"
    )
    error_message = "The settings are ${aws_glue_job.this.default_arguments["--conf"]}."
  }

  assert {
    condition = (
      aws_glue_job.this.default_arguments["--extra-jars"] == "s3://shop-jars/postgresql.jar"
      && startswith(
        aws_glue_job.this.default_arguments["--additional-python-modules"],
        "s3://shop-sales-dev-technical/${var.wheel},boto3",
      )
    )
    error_message = "The arguments are ${jsonencode(aws_glue_job.this.default_arguments)}."
  }

  assert {
    condition = (
      aws_glue_job.this.command[0].script_location
      == "${aws_glue_job.this.default_arguments["--task_code"]}glue_script.py"
      && contains(keys(aws_s3_object.code), "code/main.py")
      && contains(keys(aws_s3_object.code), "code/enrich/code/main.py")
    )
    error_message = "The script is ${aws_glue_job.this.command[0].script_location}."
  }

  assert {
    condition = toset(values(aws_cloudwatch_log_group.this)[*].name) == toset([
      "${aws_glue_job.this.default_arguments["--custom-logGroup-prefix"]}/error", "shop_sales_dev_orders/load/output",
    ])
    error_message = "Glue would create log groups without a retention."
  }
}

run "requirements_that_glue_would_split_are_rejected" {
  command = plan

  variables {
    task = merge(var.task, { requirements = "tests/fixture/commas.txt" })
  }

  expect_failures = [aws_glue_job.this]
}
