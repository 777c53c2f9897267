locals {
  are_profiles_enabled = coalesce(var.enable_llm, var.enable_bedrock_profiles)

  # System inference profiles belong to the account, and their IDs start with a group of regions; model IDs do not.
  # https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
  bedrock_sources = {
    for size, id in module.settings.bedrock_model_ids : size => (
      can(regex("^(us|us-gov|eu|apac|au|ca|jp|global)\\.", id))
      ? "${local.account_id}:inference-profile/${id}"
      : ":foundation-model/${id}"
    )
    if local.are_profiles_enabled
  }
}

resource "aws_bedrock_inference_profile" "this" {
  for_each = local.bedrock_sources

  name        = "${local.environment}_${each.key}"
  description = "Model of size ${each.key} for ${local.environment}"
  tags        = local.tags

  model_source {
    copy_from = "arn:${local.partition}:bedrock:${local.region}:${each.value}"
  }
}
