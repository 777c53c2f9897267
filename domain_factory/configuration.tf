locals {
  attribute_errors = "${path.module}/../modules/attributes/errors.tftpl"

  # test/contract/test_terraform_attributes.py compares these with the types in modules/settings.
  attributes = {
    "alarms" = {
      number = ["execution_minutes", "failed_executions", "queue_age_minutes", "throttled_transitions"]
      bool   = ["enabled"]
    }
    "datasets.*" = {
      other = [
        "failure_notification_receivers", "parameters", "pipeline", "source_prefix", "tables", "team",
      ]
    }
    "datasets.*.tables.*" = {
      other = ["delete_when", "name", "on_duplicate", "order_by", "partition_keys", "upsert_keys"]
    }
    "layers.*" = {
      other = ["database", "description"]
    }
    "data_retention" = {
      number = ["archive_after_days", "log_days", "old_version_days", "query_result_days", "unfinished_upload_days"]
      bool   = ["delete_data_on_destroy"]
    }
    "bedrock_model_ids" = {
      other = ["large", "medium", "small"]
    }
    "failure_reports" = {
      other = ["slack_channel", "slack_secret_arn"]
    }
    "freshness_check" = {
      other = ["schedule"]
    }
    "network" = {
      other = ["created", "found", "given"]
    }
    "network.created" = {
      number = ["endpoint_zone_count", "zone_count"]
      other  = ["cidr_block", "interface_endpoints", "zone_ids"]
    }
    "network.found" = {
      other = ["vpc_name"]
    }
    "network.given" = {
      other = ["subnet_ids", "vpc_id"]
    }
    "base_images" = {
      other = ["emr", "failsafe", "python"]
    }
    "emr_serverless" = {
      number = ["idle_minutes", "maximum_memory_gb", "maximum_vcpus"]
      other  = ["architecture", "release_label"]
    }
  }
}

module "settings" {
  source = "./modules/settings"

  domain_name       = var.domain_name
  stage_name        = local.stage_name
  layers            = var.layers
  data_retention    = var.data_retention
  alarms            = var.alarms
  failure_reports   = var.failure_reports
  freshness_check   = var.freshness_check
  bedrock_model_ids = var.bedrock_model_ids
  network           = var.network
  base_images       = var.base_images
  emr_serverless    = var.emr_serverless
}

module "datasets" {
  source = "../modules/datasets"

  datasets = var.datasets
}
