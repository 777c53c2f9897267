# The task definition of an ECS task.

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
    infra_config               = { architecture = "X86_64", cpu = 1024, memory = 2048 }
    input_tables               = []
    output_tables              = {}
    additional_rebuild_trigger = ""
    additional_permissions     = {}
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
    ecs_cluster_arn        = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop_sales_dev"
    container_cli          = "docker"
    base_images            = { python = "python:3.13-slim" }
  }
  execution_role_arn    = "arn:aws:iam::111122223333:role/execution"
  sdk                   = { version = "0.1.0+h0123456789ab", context_command = "mkdir dist" }
  environment_variables = {}
  computed_variables    = {}
  log_group_name        = "shop_sales_dev_orders/load"
  log_retention_days    = 30
}

run "running_executions_can_start_tasks_of_previous_revisions" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "Previous revisions are deregistered, and ECS starts no task of an inactive revision."
  }
}

run "the_image_depends_on_shared_modules" {
  command = plan

  variables {
    task = {
      path                       = "../../tests/fixture/load"
      requirements               = "../../tests/fixture/load/requirements.txt"
      infra_config               = { architecture = "X86_64", cpu = 1024, memory = 2048 }
      input_tables               = []
      output_tables              = {}
      shared_modules             = ["../../tests/fixture/shared/pricing"]
      additional_rebuild_trigger = ""
      additional_permissions     = {}
    }
  }

  assert {
    condition = (
      module.image.image_uri
      != run.running_executions_can_start_tasks_of_previous_revisions.image_uri
    )
    error_message = "The tag is the same with and without shared modules."
  }
}
