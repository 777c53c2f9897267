locals {
  unknown_attributes = "${path.module}/../modules/attributes/unknown_attributes.tftpl"
  wrong_types        = "${path.module}/../modules/attributes/wrong_types.tftpl"

  # test/contract/test_terraform_attributes.py compares them with the types of modules/settings.
  attributes = {
    layer = ["database", "description"]
    data_retention = [
      "archive_after_days", "delete_data_on_destroy", "log_days", "old_version_days", "query_result_days", "unfinished_upload_days",
    ]
    bedrock_model_ids = ["large", "medium", "small"]
    network           = ["created", "found", "given"]
    network_created   = ["cidr_block", "interface_endpoints", "zone_count"]
    network_found     = ["vpc_name"]
    network_given     = ["subnet_ids", "vpc_id"]
    base_images       = ["emr", "failsafe", "python"]
    emr_serverless    = ["architecture", "idle_minutes", "maximum_memory_gb", "maximum_vcpus", "release_label"]
  }

  # Terraform's own error for these does not name the attribute.
  numbers = {
    data_retention  = ["archive_after_days", "log_days", "old_version_days", "query_result_days", "unfinished_upload_days"]
    network_created = ["zone_count"]
    emr_serverless  = ["idle_minutes", "maximum_memory_gb", "maximum_vcpus"]
  }
}

module "settings" {
  source = "./modules/settings"

  domain_name       = var.domain_name
  stage_name        = local.stage_name
  layers            = var.layers
  data_retention    = var.data_retention
  bedrock_model_ids = var.bedrock_model_ids
  network           = var.network
  base_images       = var.base_images
  emr_serverless    = var.emr_serverless
}
