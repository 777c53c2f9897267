# The function of a task on Lambda.

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
  name      = "shop_sales_dev_orders_load"
  task_name = "load"
  task = {
    path                       = "../../tests/fixture/load"
    requirements               = "../../tests/fixture/load/requirements.txt"
    infra_config               = { architecture = "ARM64", memory = 512 }
    input_tables               = []
    output_tables              = {}
    additional_rebuild_trigger = ""
    additional_permissions     = {}
    timeout_minutes            = 5
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
    network                = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", assign_public_ip = false }
    container_cli          = "docker"
    base_images            = { python = "python:3.13-slim" }
  }
  sdk                   = { version = "0.1.0+h0123456789ab", context_command = "mkdir dist" }
  environment_variables = {}
  computed_variables    = {}
  log_group_name        = "shop_sales_dev_orders/load"
  log_retention_days    = 30
}

run "the_function_has_the_size_of_the_task" {
  command = plan

  variables {
    task = merge(var.task, {
      type         = "dlt"
      infra_config = { architecture = "ARM64", memory = 512, ephemeral_storage = 2, reserved_concurrency = 5 }
    })
  }

  assert {
    condition = [
      aws_lambda_function.this["this"].memory_size,
      aws_lambda_function.this["this"].ephemeral_storage[0].size,
      aws_lambda_function.this["this"].reserved_concurrent_executions,
      aws_lambda_function.this["this"].timeout,
    ] == [512, 2048, 5, 330]
    error_message = "The function has another size."
  }

  assert {
    condition     = aws_lambda_function.this["this"].architectures == tolist(["arm64"])
    error_message = "The architecture is ${jsonencode(aws_lambda_function.this["this"].architectures)}."
  }

  assert {
    condition     = lookup(local.extra, "EXTRA", null) == "dlt"
    error_message = "The image of a dlt task does not contain dlt."
  }
}

run "the_function_of_a_domain_in_private_subnets_is_in_its_vpc" {
  command = plan

  assert {
    condition     = aws_lambda_function.this["this"].vpc_config[0].subnet_ids == toset(["subnet-1"])
    error_message = "The function is not in the subnets of the domain."
  }

  assert {
    condition     = contains(keys(local.network_permissions), "network_interfaces")
    error_message = "Lambda cannot create the network interfaces of the function."
  }
}

run "the_function_of_a_domain_in_public_subnets_is_in_no_vpc" {
  command = plan

  variables {
    domain = merge(var.domain, {
      network = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", assign_public_ip = true }
    })
  }

  assert {
    condition     = length(aws_lambda_function.this["this"].vpc_config) == 0 && length(local.network_permissions) == 0
    error_message = "The function is in public subnets, where it reaches no service."
  }
}

run "too_many_environment_variables_are_rejected" {
  command = plan

  variables {
    environment_variables = { OUTPUT_TABLES = join("", [for index in range(1000) : "line "]) }
  }

  expect_failures = [aws_lambda_function.this["this"]]
}
