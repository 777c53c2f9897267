# The integration pipeline: the tasks of pipeline.yaml, which also run on a laptop, and a Spark task.

module "pipeline" {
  source = "../pipeline_factory"

  pipeline_name       = local.pipeline.pipeline_name
  domain_object       = module.domain.domain_object
  tasks_configuration = local.tasks
  jupyter_in_images   = false

  skip_pipeline_database_creation                = true
  orchestration_configuration_template_file_path = "${local.folder}/orchestration_configuration.tftpl.json"

  triggers = {
    nightly = {
      type       = "schedule"
      schedule   = "cron(0 4 * * ? *)"
      parameters = jsonencode({ run_spark = false })
    }
    files = {
      type                 = "s3"
      bucket               = local.bucket
      prefix               = "integration_tests/incoming/"
      batch_window_seconds = 120
    }
    requests = {
      type          = "event"
      event_pattern = jsonencode({ source = ["integration_tests"], "detail-type" = ["Run requested"] })
    }
  }
}

resource "aws_s3_object" "data" {
  for_each = local.data_keys

  bucket  = local.bucket
  key     = each.value
  content = file("${local.folder}/data/${each.key}")
}

locals {
  folder    = "${path.module}/integration_tests_pipeline"
  bucket    = module.domain.domain_object.technical_bucket
  pipeline  = yamldecode(file("${local.folder}/pipeline.yaml"))
  data_keys = { for file in fileset("${local.folder}/data", "*") : file => "integration_tests/data/${file}" }

  tasks = merge(
    {
      for name, task in local.pipeline.tasks :
      name => merge(task, { path = "${local.folder}/${task.path}" }, lookup(local.permissions, name, {}))
    },
    {
      test_spark_sql_entrypoint = {
        type         = "sql"
        path         = "${local.folder}/test_spark_sql_entrypoint"
        infra_type   = "EMRServerless"
        input_tables = ["integration_tests.orders"]
        output_tables = {
          "integration_tests.orders_by_customer" = { ingestion_mode = "upsert", upsert_keys = ["customer_id"] }
        }
      }
    },
  )

  # In addition to those that follow from the tables: the names of buckets depend on the domain.
  permissions = {
    test_write = {
      input_paths = ["s3://${local.bucket}/integration_tests/data/", "s3://${local.bucket}/integration_tests/incoming/"]
    }
    check_and_clean = {
      output_paths = ["s3://${local.bucket}/integration_tests/reports/"]
      additional_permissions = {
        incoming = {
          actions   = ["s3:DeleteObject"]
          resources = ["arn:aws:s3:::${local.bucket}/integration_tests/incoming/*"]
        }
      }
    }
  }
}
