locals {
  # One parameter for stacks that make pipelines, and one each for what scripts look up.
  parameters = {
    domain_object       = jsonencode(local.domain_object)
    data_bucket         = local.domain_object.data_bucket
    technical_bucket    = local.domain_object.technical_bucket
    athena_workgroup    = local.domain_object.athena_workgroup
    failure_topic_arn   = local.domain_object.failure_topic_arn
    consumer_policy_arn = aws_iam_policy.consumer.arn
  }
}

resource "aws_ssm_parameter" "this" {
  for_each = local.parameters

  name           = "/datalake/${local.environment}/${each.key}"
  description    = "${each.key} of ${local.environment}"
  type           = "String"
  tier           = "Intelligent-Tiering"
  insecure_value = each.value
  tags           = local.tags
}
