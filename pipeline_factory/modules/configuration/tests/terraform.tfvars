pipeline_name       = "orders"
tasks_configuration = { load = { path = "../../tests/fixture/load" } }

domain = {
  environment          = "shop_sales_dev"
  database_prefix      = "dev_"
  layers               = { domain = { database = "dev_sales" } }
  emr_serverless       = {}
  max_task_age_minutes = 720
  failsafe_enabled     = true
  alarms = {
    enabled               = true
    failed_executions     = 3
    execution_minutes     = 360
    queue_age_minutes     = 60
    throttled_transitions = 10
  }
}
