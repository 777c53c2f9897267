# The API, its queue, functions and roles, and rejected values of the variables.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "a1b2c3"
      execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3"
      api_endpoint  = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com"
    }
  }

  mock_resource "aws_apigatewayv2_authorizer" {
    defaults = { id = "d4e5f6" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:group" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { repository_url = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/repository" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/role" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:111122223333:function:function"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/function/invocations"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:queue" }
  }
}

variables {
  name = "events"
  domain_object = {
    project_name     = "shop"
    domain_name      = "sales"
    stage_name       = "dev"
    environment      = "shop_sales_dev"
    database_prefix  = "dev_"
    region           = "eu-west-1"
    account_id       = "111122223333"
    partition        = "aws"
    data_bucket      = "shop-sales-dev-data"
    technical_bucket = "shop-sales-dev-technical"
    layers           = {}
    athena_workgroup = "shop_sales_dev"
    network = {
      vpc_id            = "vpc-1"
      subnet_ids        = ["subnet-1"]
      security_group_id = "sg-1"
      assign_public_ip  = false
    }
    ecs_cluster_arn        = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop_sales_dev"
    failure_topic_arn      = "arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"
    lake_formation_enabled = true
    failsafe_enabled       = true
    alarms = {
      enabled               = true
      failed_executions     = 3
      execution_minutes     = 360
      queue_age_minutes     = 60
      throttled_transitions = 10
    }
    container_cli        = "docker"
    base_images          = { python = "python:3.13-slim" }
    max_task_age_minutes = 720
    tags                 = {}
  }
  table      = "shop.events"
  table_file = "tests/fixture/shop.events.yaml"
}

run "an_api_with_signed_requests" {
  command = plan

  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.this : route.authorization_type == "AWS_IAM" && route.authorizer_id == null
    ]) && length(aws_apigatewayv2_route.this) == 2
    error_message = "A route does not require a signature."
  }

  assert {
    condition = (
      one(aws_apigatewayv2_stage.this.default_route_settings).throttling_rate_limit == 100
      && one(aws_apigatewayv2_stage.this.default_route_settings).throttling_burst_limit == 200
    )
    error_message = "Requests are not throttled."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.rows.function_response_types == toset(["ReportBatchItemFailures"])
      && aws_sqs_queue.rows.visibility_timeout_seconds >= 6 * aws_lambda_function.this["write"].timeout + 60
      && jsondecode(aws_sqs_queue.rows.redrive_policy).maxReceiveCount == 5
    )
    error_message = "Rows that cannot be written do not return to the queue, and then to the dead letters."
  }

  assert {
    condition = { for name, function in aws_lambda_function.this : name => one(function.image_config).command } == {
      accept = tolist(["datalake_sdk.ingestion_api.functions.accept"])
      write  = tolist(["datalake_sdk.ingestion_api.functions.write"])
    }
    error_message = "The functions have other handlers."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.this : one(function.environment).variables.INGESTION_TABLE == "shop.events"
    ])
    error_message = "The functions do not know the table."
  }

  assert {
    condition = (
      length(aws_cloudwatch_metric_alarm.dead_letters) == 1 && one(aws_dynamodb_table.requests.ttl).enabled
    )
    error_message = "Dead letters raise no alarm, or requests are kept forever."
  }
}

run "an_api_with_tokens_that_updates_rows" {
  command = plan

  variables {
    authorizer     = "JWT"
    jwt_issuer     = "https://login.example.com"
    jwt_audience   = ["events"]
    jwt_scopes     = ["events:write"]
    ingestion_mode = "upsert"
    upsert_keys    = ["id"]
    partition_keys = ["day(at)"]
    domain_object = merge(var.domain_object, {
      table_bucket_arn = "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop-sales-dev-tables"
    })
  }

  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.this :
      route.authorization_type == "JWT" && route.authorizer_id == "d4e5f6"
      && route.authorization_scopes == toset(["events:write"])
    ])
    error_message = "A route does not require a token."
  }

  assert {
    condition = one([
      for variables in aws_lambda_function.this["write"].environment[*].variables :
      [variables.INGESTION_MODE, variables.UPSERT_KEYS, variables.PARTITION_KEYS, variables.TABLE_STORAGE]
    ]) == ["upsert", "id", "day(at)", "s3_tables"]
    error_message = "The function writes in another way."
  }
}

run "invalid_values_are_rejected" {
  command = plan

  variables {
    name                    = "Events"
    table                   = "events"
    table_file              = "tests/fixture/untyped.yaml"
    ingestion_mode          = "overwrite"
    authorizer              = "none"
    throttle_rate           = 0
    throttle_burst          = 0.5
    commit_seconds          = 301
    max_requests_per_commit = 10001
    writer_memory           = 128
  }

  expect_failures = [
    var.name,
    var.table,
    var.table_file,
    var.ingestion_mode,
    var.authorizer,
    var.throttle_rate,
    var.throttle_burst,
    var.commit_seconds,
    var.max_requests_per_commit,
    var.writer_memory,
  ]
}

run "values_that_have_no_effect_and_an_unknown_domain_are_rejected" {
  command = plan

  variables {
    domain_object = "shop_sales_dev"
    table_file    = "tests/fixture/missing.yaml"
    jwt_issuer    = "http://login.example.com"
    jwt_audience  = ["events"]
    jwt_scopes    = ["events:write"]
  }

  expect_failures = [var.domain_object, var.table_file, var.jwt_issuer, var.jwt_audience, var.jwt_scopes]
}

run "upsert_keys_that_are_not_columns_are_rejected" {
  command = plan

  variables {
    ingestion_mode = "upsert"
    upsert_keys    = ["idd"]
  }

  expect_failures = [var.upsert_keys]
}
