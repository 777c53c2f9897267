pipeline_name = "orders"

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
  layers           = { domain = { database = "dev_sales", prefix = "sales" } }
  datasets         = {}
  athena_workgroup = "shop_sales_dev"
  network = {
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    assign_public_ip  = false
  }
  ecs_cluster_arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop_sales_dev"
  emr_serverless = {
    application_id  = "00sandbox"
    application_arn = "arn:aws:emr-serverless:eu-west-1:111122223333:/applications/00sandbox"
    release_label   = "emr-spark-8.0.0"
    architecture    = "X86_64"
  }
  failure_topic_arn           = "arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"
  lake_formation_enabled      = true
  use_only_iam_access_control = false
  permissions_boundary_arn    = "arn:aws:iam::111122223333:policy/boundary"
  role_path                   = "/datalake/"
  failsafe_enabled            = true
  alarms = {
    enabled               = true
    failed_executions     = 3
    execution_minutes     = 360
    queue_age_minutes     = 60
    throttled_transitions = 10
  }
  container_cli        = "docker"
  base_images          = { python = "python:3.13-slim", emr = "emr:8.0.0" }
  log_retention_days   = 90
  max_task_age_minutes = 720
  prevent_destroy      = true
  tags                 = { team = "orders" }
}

tasks_configuration = {
  load = {
    path          = "tests/fixture/load"
    output_tables = { "orders.raw" = { ingestion_mode = "overwrite", partition_keys = ["day(ordered_at)"] } }
  }
  enrich = {
    path          = "tests/fixture/enrich"
    infra_type    = "EMRServerless"
    input_tables  = ["orders.raw", "sales.customers"]
    output_tables = { "orders.enriched" = { ingestion_mode = "upsert", upsert_keys = ["order_id"] } }
  }
  report = {
    path          = "tests/fixture/report"
    type          = "sql"
    input_tables  = ["orders.raw"]
    output_tables = { "sales.orders_by_day" = { ingestion_mode = "overwrite" } }
  }
}
